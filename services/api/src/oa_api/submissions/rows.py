"""The rows that the queries of this room return."""

from dataclasses import dataclass, field

from oa_shared.status import JobStatus
from oa_shared.transitions import JobState


@dataclass(frozen=True, slots=True)
class SubmissionStateRow:
    """The latest attempt of a job, whom the job is for, and the array that the attempt is a child of."""

    id: int
    run: int
    attempt: int
    token: str = field(repr=False)
    status: str
    owner: str
    array: int | None


@dataclass(frozen=True, slots=True)
class ArrayRow:
    """An array; `batch_job` is its array job, once Batch has accepted it."""

    id: int
    token: str = field(repr=False)
    size: int
    batch_job: str | None


@dataclass(frozen=True, slots=True)
class PlacedJobRow:
    """A job whose attempt has a place in an array."""

    job: int
    place: int


@dataclass(frozen=True, slots=True)
class ChildRow:
    """An attempt of an array."""

    job: int
    place: int
    attempt: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """What the container of a child works on, with the token of its array."""

    array_token: str = field(repr=False)
    run: int
    job: int
    attempt: int
    token: str = field(repr=False)
    kind: str
    layer: str
    name: str
    source_name: str
    sample: int | None
    traceparent: str | None
    latest_attempt: int
    latest_token: str = field(repr=False)
    status: str
    error_code: str | None
    batch_job: str | None

    @property
    def state(self) -> JobState:
        """Return the state of the job, which may have a later attempt."""
        return JobState(JobStatus(self.status), self.latest_attempt, self.latest_token, self.error_code)
