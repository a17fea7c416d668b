"""Runs as the pages show them: with the segments of the bar of their jobs."""

from collections.abc import Iterable
from dataclasses import dataclass

from oa_api.jobs.run_rows import RunRow
from oa_api.ui import charts
from oa_api.ui.charts import Segment
from oa_shared.status import JobStatus

# From ended jobs to those that wait.
_BAR_ORDER = (
    *(JobStatus.SUCCESS, JobStatus.WARN, JobStatus.FAIL, JobStatus.CANCELED),
    *(JobStatus.RUNNING, JobStatus.SUBMITTED, JobStatus.PENDING),
)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run, and the segments of the bar that shows its jobs by status."""

    run: RunRow
    segments: list[Segment]


def run_view(run: RunRow) -> RunView:
    """Return a run with its bar."""
    return RunView(run, charts.segments(run.counts, _BAR_ORDER))


def run_views(runs: Iterable[RunRow]) -> list[RunView]:
    """Return runs with their bars."""
    return [run_view(run) for run in runs]
