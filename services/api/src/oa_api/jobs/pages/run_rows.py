"""Runs as the pages show them: what the API says of a run, and its bar."""

from typing import Any

from oa_api.db.database import Row
from oa_api.jobs.serializers import serialize_run
from oa_api.ui import charts
from oa_shared.status import JobStatus

# From what is done to what is still to come.
_IN_BAR = (
    *(JobStatus.SUCCESS, JobStatus.WARN, JobStatus.FAIL, JobStatus.CANCELLED),
    *(JobStatus.RUNNING, JobStatus.SUBMITTED, JobStatus.PENDING),
)


def run_row(row: Row) -> dict[str, Any]:
    """Return a run with the segments of its bar, and how many of its jobs have ended."""
    view = serialize_run(row)
    return {**view, "segments": charts.segments(view["jobs"], _IN_BAR), "ended": _ended(view["jobs"])}


def run_rows(rows: list[Row]) -> list[dict[str, Any]]:
    """Return each of some runs."""
    return [run_row(row) for row in rows]


def _ended(counts: dict[str, int]) -> int:
    return sum(counts[status] for status in JobStatus if status.ended)
