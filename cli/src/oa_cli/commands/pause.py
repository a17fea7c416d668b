"""`oa pause` and `oa resume`."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import reason_option
from oa_cli.output import moment, table
from oa_cli.runner import json_option, print_answer, run
from oa_shared.value_text import plural

_SCOPE = click.Choice(["all", "lane", "source", "host"])


class Pause(TypedDict):
    """A pause and the number of jobs that it holds."""

    id: int
    scope: str
    value: str
    reason: str
    actor: str
    waiting: int
    created_at: str
    until: str | None
    ended_at: str | None


class PauseList(TypedDict):
    """GET /api/pause."""

    pauses: list[Pause]


@click.command()
@click.argument("scope", type=_SCOPE, required=False)
@click.argument("value", default="")
@click.option("--reason", default="", help="The reason, visible to everyone.")
@click.option(
    "--hours", type=click.FloatRange(0, min_open=True), help="Duration in hours (default: until `oa resume`)."
)
@click.option("--ended", is_flag=True, help="List ended pauses too.")
@json_option
def pause(scope: str | None, value: str, reason: str, hours: float | None, *, ended: bool, as_json: bool) -> None:
    """Pause jobs by lane, source or host.

    Queued jobs wait; running jobs continue. VALUE is a lane, a source (us/ca/ pauses all sources below it) or a host.
    Without arguments, list pauses.
    """
    if scope is None:
        run(lambda api: _list(api, ended=ended, as_json=as_json))
    if not reason:
        raise click.UsageError("--reason is required")
    until = (datetime.now(UTC) + timedelta(hours=hours)).isoformat() if hours else None

    async def work(api: Api) -> int:
        body = {"scope": scope, "value": value, "reason": reason, "until": until}
        created = await api.post("/api/pause", Pause, body)
        line = f"pause {created['id']}: {describe_pause(created)}; `oa resume {created['id']}` ends it"
        print_answer(created, line, as_json=as_json)
        return 0

    run(work)


@click.command()
@click.argument("number", type=int)
@reason_option
@json_option
def resume(number: int, reason: str, *, as_json: bool) -> None:
    """End a pause; its queued jobs are submitted."""

    async def work(api: Api) -> int:
        ended = await api.delete(f"/api/pause/{number}", Pause, {"reason": reason})
        print_answer(
            ended, f"{describe_pause(ended)} resumed, {plural(ended['waiting'], 'job')} queued", as_json=as_json
        )
        return 0

    run(work)


async def _list(api: Api, *, ended: bool, as_json: bool) -> int:
    pauses = (await api.get("/api/pause", PauseList, ended=ended, limit=100))["pauses"]
    columns = ("pause", "scope", "queued jobs", "reason", "by", "since", "until", "ended")
    rows = [
        [
            *(item["id"], describe_pause(item), item["waiting"], item["reason"], item["actor"]),
            *(moment(item["created_at"]), moment(item["until"]), moment(item["ended_at"])),
        ]
        for item in pauses
    ]
    print_answer(pauses, table("pauses", columns, rows), as_json=as_json)
    return 0


def describe_pause(pause: Pause) -> str:
    """Return what a pause applies to, such as `lane weekly`."""
    return f"{pause['scope']} {pause['value']}".strip()
