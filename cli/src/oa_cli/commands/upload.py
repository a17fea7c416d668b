"""`oa upload`."""

from pathlib import Path

import click

from oa_cli.client import Api
from oa_cli.file_upload import upload as send
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option


@click.command(epilog=EXIT_STATUSES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def upload(file: Path, *, as_json: bool) -> None:
    """Send FILE, which no server has, and print the address for `data` of a source."""

    async def work(api: Api) -> int:
        sent = await send(api, file)
        answer(sent, sent["url"] or f"refused: {sent['reason']}", as_json=as_json)
        return 0 if sent["state"] == "Ready" else 1

    call(work)
