"""`oa upload`."""

from pathlib import Path

import click

from oa_cli.client import Api
from oa_cli.file_upload import send_file
from oa_cli.interruption import explain_interruption
from oa_cli.runner import ExitStatus, json_option, print_answer, run


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def upload(file: Path, *, as_json: bool) -> None:
    """Upload a source file and print its URL.

    Use the URL as `data` in a source definition.
    """

    async def work(api: Api) -> int:
        with explain_interruption("the upload is incomplete and expires: run the command again"):
            sent = await send_file(api, file)
        print_answer(sent, sent["url"] or f"rejected: {sent['reason']}", as_json=as_json)
        return ExitStatus.DONE if sent["state"] == "Ready" else ExitStatus.JOB_FAILED

    run(work)
