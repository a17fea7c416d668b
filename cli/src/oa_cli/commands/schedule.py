"""`oa schedule`."""

import click

from oa_cli.client import Api
from oa_cli.output import table
from oa_cli.session import EXIT_STATUSES, answer, call, json_option

_TYPE = click.Choice(["sources", "collections", "fabric", "cleanup", "report"])


@click.group()
def schedule() -> None:
    """List and trigger schedules."""


@schedule.command("list", epilog=EXIT_STATUSES)
@click.option("--type", "kind", type=_TYPE, help="Of this type only.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def schedule_list(kind: str | None, limit: int, *, as_json: bool) -> None:
    """Show what is due, and what fired and came of it."""

    async def work(api: Api) -> int:
        found = await api.get("/api/schedule", type=kind, limit=limit)
        due = [[item[key] for key in ("type", "period", "state", "next_period_at")] for item in found["upcoming"]]
        keys = ("id", "type", "period", "state", "run")
        runs = [[*(item[key] for key in keys), _words(item)] for item in found["schedule_runs"]]
        shown = (
            table("due", ("type", "period", "state", "next period"), due),
            "",
            table("schedule runs", ("schedule run", "type", "period", "state", "run", "result"), runs),
        )
        answer(found, *shown, as_json=as_json)
        return 0

    call(work)


@schedule.command("trigger", epilog=EXIT_STATUSES)
@click.argument("kind", metavar="TYPE", type=_TYPE)
@click.option("--period", help="What it stands for; this week or this day when left out.")
@json_option
def schedule_trigger(kind: str, period: str | None, *, as_json: bool) -> None:
    """Say that TYPE is due; once fired for a period, firing again does nothing, or goes on where it failed."""

    async def work(api: Api) -> int:
        made = await api.post("/api/schedule", {"type": kind, "period": period})
        words = f"schedule run {made['id']}: {kind} {made['period']} is {made['state']}; see `oa schedule list`"
        answer(made, words, as_json=as_json)
        return 0

    call(work)


def _words(schedule_run: dict[str, object]) -> str:
    """Return the result of a schedule run: its error, or its counts."""
    if schedule_run["error"]:
        return str(schedule_run["error"])
    detail = schedule_run["detail"] if isinstance(schedule_run["detail"], dict) else {}
    return ", ".join(f"{value:,} {name}" for name, value in detail.items() if isinstance(value, int))
