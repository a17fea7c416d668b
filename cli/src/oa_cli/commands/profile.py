"""`oa profile`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.output import moment
from oa_cli.runner import json_option, print_answer, run


class ProfileAnswer(TypedDict):
    """GET /api/profile."""

    kind: str
    name: str
    role: str
    expires_at: str | None


@click.command()
@json_option
def profile(*, as_json: bool) -> None:
    """Show the current account."""

    async def work(api: Api) -> int:
        answer = await api.get("/api/profile", ProfileAnswer)
        credential = "shared secret" if answer["kind"] == "service" else answer["kind"]
        expiry = f", expires {moment(answer['expires_at'])}" if answer["expires_at"] else ""
        line = f"{answer['name']}, role {answer['role']}, by {credential}{expiry}"
        print_answer(answer, line, as_json=as_json)
        return 0

    run(work)
