"""`oa failures`."""

from typing import Any

import click

from oa_cli.client import Api
from oa_cli.output import moment, table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option


@click.command(epilog=EXIT_STATUSES)
@click.option("--by", default="code", show_default=True, type=click.Choice(["code", "host", "place"]))
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 90), help="Of the last so many days.")
@click.option("--run", type=int, help="Of this run, compared with those before it.")
@click.option("--live/--not-live", default=None, help="Of live runs only, or of the others only.")
@json_option
def failures(*, as_json: bool, **asked: Any) -> None:
    """Show why jobs fail: how many, more or fewer than before, and what can be done."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/failure", **asked))["failures"]
        columns = ("cause", "failed", "now", "before", "failing since", "a rerun", "what to do", "for example")
        answer(found, table("causes", columns, [_row(group) for group in found]), as_json=as_json)
        return 0

    call(work)


def _row(group: dict[str, Any]) -> list[Any]:
    examples = " ".join(str(job["job"]) for job in group["examples"])
    helps = "can help" if group["rerun_helps"] else "does not help"
    counts = [group[key] for key in ("jobs", "now", "before")]
    return [group["key"] or "no host", *counts, moment(group["failing_since"]), helps, group["hint"], f"job {examples}"]
