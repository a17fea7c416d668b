"""The result of a run: its counts, what changed since the previous run, the causes of its failures, its reruns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from oa_api.db.database import Database
from oa_api.jobs import run_changes
from oa_api.jobs.pages.run_views import run_view
from oa_api.jobs.requests import RunChangeKind
from oa_api.jobs.run_changes import CauseRow, RunComparison
from oa_api.jobs.run_rows import RunRow
from oa_api.ui.charts import Segment
from oa_shared.failures import FAILURES
from oa_shared.status import JobStatus

# The pace of fewer jobs does not predict the rest of a run.
_MIN_ENDED = 3
_LABELS = {
    RunChangeKind.NEWLY_FAILED: ("Newly failed", "bad"),
    RunChangeKind.STILL_FAILED: ("Still failed", "bad"),
    RunChangeKind.FIXED: ("Fixed", "good"),
    RunChangeKind.GONE: ("Gone", "warn"),
}


@dataclass(frozen=True, slots=True)
class RunCause:
    """How many jobs of a run failed with a code, and how many of these are acknowledged.

    Title and hint are empty for an unknown code.
    """

    code: str
    jobs: int
    acknowledged: int
    title: str
    hint: str
    rerun_helps: bool


@dataclass(frozen=True, slots=True)
class RunChangeCount:
    """How many datasets changed in one way, with the label and the kind of its color."""

    change: RunChangeKind
    label: str
    kind: str
    datasets: int


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What the pages say about a run; `left_s` is how long it will take at the pace so far.

    `reruns` has the jobs that were rerun by their status now, `before_reruns` by their status before.
    """

    run: RunRow
    segments: list[Segment]
    comparison: RunComparison | None
    causes: list[RunCause]
    reruns: dict[str, int]
    before_reruns: dict[str, int]
    left_s: float | None

    @property
    def changes(self) -> list[RunChangeCount]:
        """Return what changed since the previous run; nothing without one."""
        if self.comparison is None:
            return []
        return [
            RunChangeCount(change, label, kind, getattr(self.comparison, change))
            for change, (label, kind) in _LABELS.items()
        ]

    @property
    def rerunnable(self) -> int:
        """Return how many failed jobs may succeed when they are rerun."""
        return sum(cause.jobs for cause in self.causes if cause.rerun_helps)

    @property
    def rerun_url(self) -> str:
        """Return the URL of the bulk action on exactly those jobs."""
        codes = ",".join(cause.code for cause in self.causes if cause.rerun_helps)
        return "/bulk?" + urlencode({"action": "rerun", "run": self.run.id, "status": JobStatus.FAIL, "error": codes})


async def read_outcome(database: Database, run: RunRow) -> RunOutcome:
    """Return what came of a run so far."""
    reruns = await run_changes.count_reruns(database, run.id)
    return RunOutcome(
        run=run,
        segments=run_view(run).segments,
        comparison=await run_changes.compare_run(database, run),
        causes=_describe(await run_changes.list_causes(database, run.id)) if run.counts.get(JobStatus.FAIL) else [],
        reruns=reruns,
        before_reruns=await run_changes.count_before_reruns(database, run.id) if reruns else {},
        left_s=estimate_left_s(run, datetime.now(UTC)),
    )


def estimate_left_s(run: RunRow, now: datetime) -> float | None:
    """Return the seconds until the open jobs of a run have ended, at its pace so far; None if too few have ended."""
    total = sum(run.counts.values())
    if run.ended_at is not None or run.ended < _MIN_ENDED or run.ended == total:
        return None
    return (now - run.created_at).total_seconds() / run.ended * (total - run.ended)


def _describe(rows: Sequence[CauseRow]) -> list[RunCause]:
    causes = []
    for row in rows:
        failure = FAILURES.get(row.code)
        title, hint = (failure.title, failure.hint) if failure else ("", "")
        rerun_helps = bool(failure and failure.rerun_helps)
        causes.append(RunCause(row.code, row.jobs, row.acknowledged, title, hint, rerun_helps=rerun_helps))
    return causes
