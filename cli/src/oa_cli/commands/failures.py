"""`oa failures`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import live_option
from oa_cli.output import moment, table
from oa_cli.runner import json_option, print_answer, run


class FailedJob(TypedDict):
    """A failed job."""

    job: int


class FailureCause(TypedDict):
    """Failed jobs with one cause; `now` and `before` are the failures of two periods."""

    key: str
    jobs: int
    now: int
    before: int
    failing_since: str | None
    rerun_helps: bool
    hint: str
    examples: list[FailedJob]


class FailureList(TypedDict):
    """GET /api/failure."""

    failures: list[FailureCause]


@click.command()
@click.option(
    "--by",
    default="code",
    show_default=True,
    type=click.Choice(["code", "host", "place"]),
    help="How to group failures.",
)
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 90), help="The length of a period in days."
)
@click.option("--run", "run_id", type=int, help="Only this run, compared with earlier runs.")
@live_option
@json_option
def failures(by: str, days: int, run_id: int | None, *, live: bool | None, as_json: bool) -> None:
    """Show failed jobs by cause, with trends and hints."""

    async def work(api: Api) -> int:
        groups = (await api.get("/api/failure", FailureList, by=by, days=days, run=run_id, live=live))["failures"]
        columns = ("cause", "failed jobs", "now", "before", "failing since", "rerun", "next step", "examples")
        print_answer(groups, table("failures", columns, [_row(group) for group in groups]), as_json=as_json)
        return 0

    run(work)


def _row(group: FailureCause) -> list[object]:
    examples = " ".join(str(example["job"]) for example in group["examples"])
    return [
        *(group["key"] or "no host", group["jobs"], group["now"], group["before"], moment(group["failing_since"])),
        *("may help" if group["rerun_helps"] else "fix first", group["hint"], f"job {examples}"),
    ]
