"""The messages that a dispatcher handles together, each with its job and what it needs a container for."""

from dataclasses import dataclass

from oa_dispatcher.api_client import AttemptState
from oa_shared.batch import SubmitRequest
from oa_shared.messages import REPUBLISHED, JobMessage
from oa_shared.queue import ReceivedMessage
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import JobStatus
from oa_shared.tracing import trace_id

# Runs of these tiers have many jobs that differ in nothing that Batch needs to know.
_TIERS_OF_ARRAYS = frozenset({Tier.SMALL, Tier.STANDARD})
_LANES = list(Lane)


@dataclass(frozen=True, slots=True)
class JobItem:
    """A message of the jobs queue by its place in the batch."""

    place: int
    message: ReceivedMessage
    job: JobMessage

    @property
    def identity(self) -> tuple[int, int, str]:
        """Return what the copies of a message have in common: the attempt."""
        return self.job.job, self.job.attempt, self.job.token

    @property
    def log_ids(self) -> dict[str, object]:
        """Return the IDs that the log lines of the job have."""
        job = self.job
        return {
            "run_id": job.run,
            "job_id": job.job,
            "attempt": job.attempt,
            "source": job.source_name,
            "request_id": trace_id(job.traceparent),
        }

    @property
    def may_have_container(self) -> bool:
        """Return whether a dispatcher may have submitted the attempt: the message was delivered or sent before."""
        return self.message.receive_count > 1 or REPUBLISHED in self.message.attributes


@dataclass(frozen=True, slots=True)
class ContainerNeed:
    """An attempt that needs a container, with the call of Batch for it alone, and the array that it is part of."""

    item: JobItem
    request: SubmitRequest
    array: int | None

    @property
    def fits_array(self) -> bool:
        """Return whether the attempt may be part of a new array: a first attempt that no dispatcher has handled."""
        job = self.item.job
        is_small = job.lane is Lane.WEEKLY and job.tier in _TIERS_OF_ARRAYS
        return is_small and job.attempt == 1 and self.array is None and not self.item.may_have_container

    @property
    def group(self) -> tuple[object, ...]:
        """Return what the attempts of an array have in common."""
        request = self.request
        return request.queue, request.definition, request.timeout_s, request.share

    @property
    def is_urgent(self) -> bool:
        """Return whether the job is not part of the weekly run: a user may be waiting for it."""
        return self.item.job.lane is not Lane.WEEKLY

    @property
    def priority(self) -> int:
        """Return the place of its lane; the attempts of a pull request come first."""
        return _LANES.index(self.item.job.lane)


def stale_reason(current: AttemptState | None, job: JobMessage) -> str | None:
    """Return why a message no longer needs a container, or None if it does."""
    if current is None:
        return "no such job"
    if current.attempt != job.attempt or current.token != job.token:
        return f"the job is at attempt {current.attempt}"
    return None if current.status is JobStatus.PENDING else f"the job is {current.status}"
