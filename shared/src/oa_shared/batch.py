"""What the dispatcher asks of AWS Batch; `oa_shared.aws` has the real one, `tests/fakes` one in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from oa_shared.errors import OaError

MAX_DESCRIBE = 100
ENDED_STATUSES = frozenset({"SUCCEEDED", "FAILED"})


class BatchRefusedError(OaError):
    """Batch said no: nothing was started. `throttled` tells a call too many from a call that is wrong."""

    code = "batch.refused"
    title = "AWS Batch refused the call."

    def __init__(self, detail: str = "", *, throttled: bool = False) -> None:
        super().__init__(detail)
        self.throttled = throttled


class BatchForbiddenError(BatchRefusedError):
    """Batch does not let us in: a matter of credentials or policies, not of the job. Nothing was started."""

    code = "batch.forbidden"
    title = "AWS Batch does not accept our credentials."


class BatchUnknownError(OaError):
    """No answer came, so the job may or may not have been started."""

    code = "batch.unknown"
    title = "AWS Batch did not answer."
    retryable = True


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """One container to run."""

    name: str
    queue: str
    definition: str
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int | None = None


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What Batch knows of a job; times are seconds since the epoch."""

    id: str
    name: str
    status: str
    exit_code: int | None = None
    reason: str | None = None
    created_at: float | None = None
    started_at: float | None = None

    @property
    def ended(self) -> bool:
        """Return whether the container will not run any more."""
        return self.status in ENDED_STATUSES


class BatchService(Protocol):
    """Every method raises BatchRefusedError or BatchUnknownError."""

    async def submit(self, request: SubmitRequest) -> str:
        """Start a container once, without retries of its own, and return Batch's id for it."""

    async def describe(self, ids: Sequence[str]) -> list[BatchJob]:
        """Look up at most 100 jobs; those that Batch has forgotten are left out."""

    async def find_by_name(self, queue: str, name: str) -> BatchJob | None:
        """Return the newest job of that name in a queue, in whatever status."""

    async def terminate(self, job_id: str, reason: str) -> None:
        """End a job; one that has ended already is not an error."""
