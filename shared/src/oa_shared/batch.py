"""The port to AWS Batch; `oa_shared.aws` implements it, `tests/support/fakes` has one in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from oa_shared.errors import OaError

MAX_DESCRIBE = 100
# https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
MIN_ARRAY, MAX_ARRAY = 2, 10_000
ENDED_STATUSES = frozenset({"SUCCEEDED", "FAILED"})


class StopReason(StrEnum):
    """Why the sweep ends a container; Batch returns it as the reason of the job."""

    CANCELED = "oa: canceled"
    TIME_LIMIT = "oa: past its time limit"
    DEADLINE = "oa: past its deadline"


class BatchRefusedError(OaError):
    """Batch refused the call and started nothing; `throttled` means that there were too many calls."""

    code = "batch.refused"
    title = "AWS Batch refused the call."

    def __init__(self, detail: str = "", *, throttled: bool = False) -> None:
        super().__init__(detail)
        self.throttled = throttled


class BatchForbiddenError(BatchRefusedError):
    """Batch rejected the credentials or policies of the caller and started nothing; the job is not at fault."""

    code = "batch.forbidden"
    title = "AWS Batch rejected the credentials."


class BatchUnknownError(OaError):
    """Batch did not answer: the job may or may not have started."""

    code = "batch.unknown"
    title = "AWS Batch did not answer."
    retryable = True


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """The SubmitJob call for one attempt, or for `array_size` of them that differ in their index only.

    A queue with a fair-share policy requires `share`, any other refuses it.
    """

    name: str
    queue: str
    definition: str
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int | None = None
    share: str | None = None
    array_size: int | None = None


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A job as Batch describes it; times are seconds since the epoch."""

    id: str
    name: str
    status: str
    exit_code: int | None = None
    reason: str | None = None
    created_at: float | None = None
    started_at: float | None = None

    @property
    def ended(self) -> bool:
        """Return whether the container has ended."""
        return self.status in ENDED_STATUSES


class BatchService(Protocol):
    """AWS Batch. Every method raises BatchRefusedError or BatchUnknownError."""

    async def submit(self, request: SubmitRequest) -> str:
        """Submit a job once, without retries, and return the id that Batch gives it.

        The children of an array job have the name of the array and the ids `<id>:0`, `<id>:1`, ….
        """

    async def describe(self, ids: Sequence[str]) -> list[BatchJob]:
        """Return the jobs with these ids, at most 100; jobs that Batch no longer knows are left out."""

    async def find_by_name(self, queue: str, name: str) -> BatchJob | None:
        """Return the newest job with a name in a queue, in any status; never a child of an array job."""

    async def terminate(self, job_id: str, reason: str) -> None:
        """End a job; it is not an error if the job has ended already."""
