"""`oa status`."""

from collections.abc import Sequence
from typing import TypedDict

import click
from rich.console import RenderableType

from oa_cli.client import Api
from oa_cli.commands.pause import Pause, PauseList, describe_pause
from oa_cli.output import moment, table
from oa_cli.runner import ExitStatus, json_option, print_answer, run
from oa_shared.value_text import plural


class QueueState(TypedDict):
    """A queue; null for a number that is not known."""

    name: str
    waiting: int | None
    in_hand: int | None
    delayed: int | None
    dead: int | None


class LaneState(TypedDict):
    """How long the oldest queued job of a lane waits, and how long jobs usually do, in seconds."""

    lane: str
    oldest_s: float | None
    usual_s: float | None
    is_unusual: bool


class SystemHealth(TypedDict):
    """GET /."""

    status: str
    problems: list[str]
    paused: list[str]
    queues: list[QueueState]
    waits: list[LaneState]


@click.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show problems, pauses, queues and dead letters.

    Exits with 9 if the system has a problem.
    """

    async def work(api: Api) -> int:
        health = await api.health(SystemHealth)
        pauses: list[Pause] = []
        if health["paused"] and not as_json:
            pauses = (await api.get("/api/pause", PauseList, limit=100))["pauses"]
        print_answer(health, *_describe(health, pauses), as_json=as_json)
        return ExitStatus.SYSTEM_PROBLEM if health["problems"] else ExitStatus.DONE

    run(work)


def _describe(health: SystemHealth, pauses: Sequence[Pause]) -> list[RenderableType]:
    """Return the problems first, then what is paused and by whom, then numbers."""
    problems = health["problems"]
    lines: list[RenderableType] = [f"{plural(len(problems), 'problem')}:" if problems else "all parts work"]
    lines += [f"  {problem}" for problem in problems]
    lines += [_describe_pause(pause) for pause in pauses]
    dead = [queue["name"] for queue in health["queues"] if queue["dead"]]
    lines += [f"dead letters: `oa queue show {name}` shows the reasons" for name in dead]
    queues = [
        [queue["name"], *(_number(queue[key]) for key in ("waiting", "in_hand", "delayed", "dead"))]
        for queue in health["queues"]
    ]
    lanes = [
        [wait["lane"], _seconds(wait["oldest_s"]), _seconds(wait["usual_s"]), _state(wait)] for wait in health["waits"]
    ]
    return [
        *lines,
        "",
        table("queues", ("queue", "waiting", "in flight", "delayed", "dead letters"), queues),
        "",
        table("queued jobs", ("lane", "longest wait", "usual wait", "state"), lanes),
    ]


def _describe_pause(pause: Pause) -> str:
    until = f" until {moment(pause['until'])}" if pause["until"] else ""
    who = f"by {pause['actor']} at {moment(pause['created_at'])}{until}"
    return f"paused {who}: {describe_pause(pause)}: {pause['reason']}; `oa resume {pause['id']}` ends it"


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f} s"


def _state(wait: LaneState) -> str:
    return "longer than usual" if wait["is_unusual"] else "as usual"
