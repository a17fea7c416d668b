"""`oa pause` and `oa resume`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from oa_cli.client import Api
from oa_cli.output import moment, table
from oa_cli.session import EXIT_STATUSES, answer, call, json_option

_SCOPE = click.Choice(["all", "lane", "source", "host"])


@click.command(epilog=EXIT_STATUSES)
@click.argument("scope", type=_SCOPE, required=False)
@click.argument("value", default="")
@click.option("--reason", default="", help="Why, for all to see.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="For so long; else until `oa resume`.")
@click.option("--ended", is_flag=True, help="List those that are over too.")
@json_option
def pause(scope: str | None, value: str, reason: str, hours: float | None, *, ended: bool, as_json: bool) -> None:
    """Hold back all, a lane, a source (`us/ca/`: all below) or a host; without words, list what is held."""
    if scope is None:
        call(lambda api: _list(api, ended=ended, as_json=as_json))
    if not reason:
        raise click.UsageError("say --reason")
    until = (datetime.now(UTC) + timedelta(hours=hours)).isoformat() if hours else None

    async def work(api: Api) -> int:
        made = await api.post("/api/pause", {"scope": scope, "value": value, "reason": reason, "until": until})
        answer(made, f"pause {made['id']}: {_what(made)}; `oa resume {made['id']}` ends it", as_json=as_json)
        return 0

    call(work)


@click.command(epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--reason", default="", help="Why, for the audit trail.")
@json_option
def resume(number: int, reason: str, *, as_json: bool) -> None:
    """End a pause; what it held back is sent."""

    async def work(api: Api) -> int:
        made = await api.delete(f"/api/pause/{number}", {"reason": reason})
        answer(made, f"{_what(made)} goes on, {made['waiting']} waiting", as_json=as_json)
        return 0

    call(work)


async def _list(api: Api, *, ended: bool, as_json: bool) -> int:
    found = (await api.get("/api/pause", ended=ended, limit=100))["pauses"]
    columns = ("pause", "what", "waiting", "reason", "who", "since (UTC)", "until (UTC)", "ended (UTC)")
    rows = [
        [
            *(item["id"], _what(item), item["waiting"], item["reason"], item["actor"]),
            *(moment(item[key]) for key in ("created_at", "until", "ended_at")),
        ]
        for item in found
    ]
    answer(found, table("pauses", columns, rows), as_json=as_json)
    return 0


def _what(item: dict[str, Any]) -> str:
    return f"{item['scope']} {item['value']}".strip()
