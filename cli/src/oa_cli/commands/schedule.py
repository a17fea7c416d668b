"""`oa schedule`."""

import click

from oa_cli.client import Api
from oa_cli.output import table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option

_TYPE = click.Choice(["sources", "collections", "fabric", "cleanup", "report"])


@click.group()
def schedule() -> None:
    """Look at what fired by the clock, and fire by hand."""


@schedule.command("list", epilog=EXIT_STATUSES)
@click.option("--type", "kind", type=_TYPE, help="Of this type only.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def schedule_list(kind: str | None, limit: int, *, as_json: bool) -> None:
    """Show what is due, and what fired and came of it."""

    async def work(api: Api) -> int:
        found = await api.get("/api/schedule", type=kind, limit=limit)
        due = [[item[key] for key in ("type", "period", "state", "next_period_at")] for item in found["upcoming"]]
        fired = [
            [*(item[key] for key in ("id", "type", "period", "state", "run")), _words(item)] for item in found["fires"]
        ]
        shown = (
            table("due", ("type", "period", "state", "next period"), due),
            "",
            table("fired", ("fire", "type", "period", "state", "run", "what came of it"), fired),
        )
        answer(found, *shown, as_json=as_json)
        return 0

    call(work)


@schedule.command("fire", epilog=EXIT_STATUSES)
@click.argument("kind", metavar="TYPE", type=_TYPE)
@click.option("--period", help="What it stands for; this week or this day when left out.")
@json_option
def schedule_fire(kind: str, period: str | None, *, as_json: bool) -> None:
    """Say that TYPE is due; once fired for a period, firing again does nothing, or goes on where it failed."""

    async def work(api: Api) -> int:
        fire = await api.post("/api/schedule", {"type": kind, "period": period})
        words = f"fire {fire['id']}: {kind} {fire['period']} is {fire['state']}; `oa schedule list` tells how it goes"
        answer(fire, words, as_json=as_json)
        return 0

    call(work)


def _words(fire: dict[str, object]) -> str:
    """Return what came of a fire: why it failed, or its numbers."""
    if fire["error"]:
        return str(fire["error"])
    detail = fire["detail"] if isinstance(fire["detail"], dict) else {}
    return ", ".join(f"{value:,} {name}" for name, value in detail.items() if isinstance(value, int))
