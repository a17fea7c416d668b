"""`oa profile`."""

import click

from oa_cli.client import Api
from oa_cli.output import moment
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option


@click.command(epilog=EXIT_STATUSES)
@json_option
def profile(*, as_json: bool) -> None:
    """Say who you are to the API, and what you may do."""

    async def work(api: Api) -> int:
        found = await api.get("/api/profile")
        proof = "the shared secret" if found["kind"] == "service" else f"a {found['kind']}"
        until = f", good until {moment(found['expires_at'])} UTC" if found["expires_at"] else ""
        answer(found, f"{found['name']}, {found['role']}, by {proof}{until}", as_json=as_json)
        return 0

    call(work)
