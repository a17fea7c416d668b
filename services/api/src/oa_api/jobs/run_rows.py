"""The rows that the queries of runs return."""

from dataclasses import dataclass
from datetime import datetime

from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus

RUN_ENDED = "Ended"


def title_of_run(run: int, name: str) -> str:
    """Return the name of a run, or its number if it has none."""
    return name or f"Run {run}"


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with the number of its jobs in each status; `sample` is the number of features that its jobs process.

    With `force` its jobs write new files even if their sources have not changed. `ended_at` is when its last job ended.
    `acknowledged` of its failed jobs are acknowledged; `refused` is the number of its refusals.
    """

    id: int
    name: str
    created_at: datetime
    live: bool
    lane: str
    sample: int | None
    force: bool
    closed_at: datetime | None
    github: JsonObject | None
    counts: dict[str, int]
    status: str
    ended_at: datetime | None
    owner: str
    owner_login: str | None
    acknowledged: int
    refused: int

    @property
    def created_by(self) -> str:
        """Return who created the run: an account, the system (a schedule, GitHub) or a service; empty if unknown."""
        return self.owner_login or {"system": "the system", "service": "a service"}.get(self.owner, "")

    @property
    def title(self) -> str:
        """Return the name of the run, or its number if it has none."""
        return title_of_run(self.id, self.name)

    @property
    def closed(self) -> bool:
        """Return whether the run accepts no more jobs."""
        return self.closed_at is not None

    @property
    def jobs(self) -> dict[str, int]:
        """Return the number of jobs in every status, and their `total`."""
        counts = {str(status): self.counts.get(status, 0) for status in JobStatus}
        return {**counts, "total": sum(self.counts.values())}

    @property
    def unacknowledged(self) -> int:
        """Return the number of failed jobs without an acknowledgement."""
        return max(0, self.counts.get(JobStatus.FAIL, 0) - self.acknowledged)

    @property
    def kind(self) -> str:
        """Return the kind of the color: acknowledged failures do not make a run red, refusals and failures do."""
        if self.unacknowledged or (self.refused and not self.counts):
            return "bad"
        if self.counts.get(JobStatus.WARN) or (self.refused and self.ended_at is not None):
            return "warn"
        if self.ended_at is None:
            return "busy"
        return "good" if self.counts.get(JobStatus.SUCCESS) else ""

    @property
    def status_label(self) -> str:
        """Return the status; that of an ended run with what calls for attention first."""
        if self.status != RUN_ENDED:
            return self.status
        failed, reviews = self.counts.get(JobStatus.FAIL, 0), self.counts.get(JobStatus.WARN, 0)
        if failed and self.acknowledged:
            return f"{self.status}, {failed:,} failed ({self.acknowledged:,} acknowledged)"
        if failed:
            return f"{self.status}, {failed:,} failed"
        if reviews:
            return f"{self.status}, {reviews:,} {'needs' if reviews == 1 else 'need'} review"
        return f"{self.status}, {self.refused:,} refused" if self.refused else self.status

    @property
    def ended(self) -> int:
        """Return the number of jobs that have ended."""
        return sum(self.counts.get(status, 0) for status in JobStatus if status.ended)


@dataclass(frozen=True, slots=True)
class RelatedRow:
    """What a job or run belongs to: IDs, and of the schedule run its `id` and `label`; None or empty if nothing."""

    data: int | None
    github: JsonObject | None
    schedule_run: JsonObject | None
    export: int | None
    collection: int | None
    bulk_actions: list[int]


@dataclass(frozen=True, slots=True)
class LockedRun:
    """A run that no other transaction can change until this one ends."""

    id: int
    live: bool
    lane: str
    sample: int | None
    force: bool
    closed_at: datetime | None
    owner: str


@dataclass(frozen=True, slots=True)
class RunState:
    """A run before its definitions are fetched, read without a lock."""

    live: bool
    closed_at: datetime | None
    owner: str
