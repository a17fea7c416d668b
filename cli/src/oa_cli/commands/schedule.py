"""`oa schedule`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import limit_option
from oa_cli.output import moment, table
from oa_cli.runner import json_option, print_answer, run
from oa_shared.json_types import JsonMapping
from oa_shared.schedule_types import ScheduleType

_TYPE = click.Choice([item.value for item in ScheduleType])


class Upcoming(TypedDict):
    """The current period of a schedule type."""

    type: str
    period: str
    state: str | None
    next_period_at: str


class ScheduleRunAnswer(TypedDict):
    """A schedule run."""

    id: int
    type: str
    period: str
    state: str
    run: int | None
    error: str | None
    detail: JsonMapping


class ScheduleList(TypedDict):
    """GET /api/schedule."""

    upcoming: list[Upcoming]
    schedule_runs: list[ScheduleRunAnswer]


@click.group()
def schedule() -> None:
    """List and trigger schedules."""


@schedule.command("list")
@click.option("--type", "schedule_type", type=_TYPE, help="Only this type.")
@limit_option(25)
@json_option
def schedule_list(schedule_type: str | None, limit: int, *, as_json: bool) -> None:
    """List schedules and their runs."""

    async def work(api: Api) -> int:
        answer = await api.get("/api/schedule", ScheduleList, type=schedule_type, limit=limit)
        upcoming = [
            [item["type"], item["period"], item["state"] or "not run yet", moment(item["next_period_at"])]
            for item in answer["upcoming"]
        ]
        runs = [
            [*(item["id"], item["type"], item["period"], item["state"], item["run"]), _describe(item)]
            for item in answer["schedule_runs"]
        ]
        shown = (
            table("schedules", ("type", "period", "state", "next period"), upcoming),
            "",
            table("schedule runs", ("schedule run", "type", "period", "state", "run", "result"), runs),
        )
        print_answer(answer, *shown, as_json=as_json)
        return 0

    run(work)


@schedule.command("trigger")
@click.argument("schedule_type", metavar="TYPE", type=_TYPE)
@click.option("--period", help="The period of the run (default: this week or this day).")
@json_option
def schedule_trigger(schedule_type: str, period: str | None, *, as_json: bool) -> None:
    """Run a schedule now.

    Each type runs once per period. A second trigger resumes a failed run and otherwise changes nothing.
    """

    async def work(api: Api) -> int:
        answer = await api.post("/api/schedule", ScheduleRunAnswer, {"type": schedule_type, "period": period})
        name = f"schedule run {answer['id']}: {schedule_type} {answer['period']}"
        line = f"{name}: {answer['state']}; `oa schedule list` shows the progress"
        print_answer(answer, line, as_json=as_json)
        return 0

    run(work)


def _describe(answer: ScheduleRunAnswer) -> str:
    """Return the error of a schedule run, or its counts."""
    if answer["error"]:
        return answer["error"]
    return ", ".join(f"{value:,} {name}" for name, value in answer["detail"].items() if isinstance(value, int))
