"""`oa cleanup`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.output import table
from oa_cli.runner import json_option, print_answer, run


class Removed(TypedDict):
    """What a retention rule removes."""

    count: int
    size_bytes: int


class StartedScheduleRun(TypedDict):
    """The schedule run that removes it."""

    id: int


class Cleanup(TypedDict):
    """POST /api/cleanup."""

    removed: dict[str, Removed]
    is_complete: bool
    schedule_run: StartedScheduleRun | None


@click.command()
@click.option("--dry-run/--remove", default=True, show_default=True, help="Preview the cleanup, or start it.")
@json_option
def cleanup(*, dry_run: bool, as_json: bool) -> None:
    """Preview or run cleanup."""

    async def work(api: Api) -> int:
        answer = await api.post("/api/cleanup", Cleanup, {"dry_run": dry_run})
        if answer["schedule_run"] is not None:
            number = answer["schedule_run"]["id"]
            line = f"schedule run {number} removes it; `oa schedule list --type cleanup` shows the progress"
            print_answer(answer, line, as_json=as_json)
            return 0
        rows = [
            [name, f"{removed['count']:,}", f"{removed['size_bytes']:,}"] for name, removed in answer["removed"].items()
        ]
        note = "" if answer["is_complete"] else "the object store was not listed completely: there may be more orphans"
        print_answer(answer, table("to be removed", ("rule", "count", "bytes"), rows), note, as_json=as_json)
        return 0

    run(work)
