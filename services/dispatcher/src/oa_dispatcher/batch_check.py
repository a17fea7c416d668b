"""Whether Batch answers, for the status of the system: without messages, no other call would show that it does not."""

from collections.abc import Mapping, Sequence

from oa_shared.batch import BatchRefusedError, BatchService
from oa_shared.dependency_check import Dependency
from oa_shared.process_report import BATCH

BATCH_CHECK = "batch_check"
# No job has this name: one call of ListJobs, which the dispatcher may make in any case.
_ABSENT_JOB = "oa-status"


def batch_dependency(batch: BatchService, queues: Mapping[str, str]) -> Dependency:
    """Return the dependency on Batch: each of its queues has to answer."""

    async def check() -> Sequence[str]:
        for queue in sorted(set(queues.values())):
            try:
                await batch.find_by_name(queue, _ABSENT_JOB)
            except BatchRefusedError as error:
                if not error.throttled:  # too many calls are answers too
                    raise
        return ()

    return Dependency(BATCH, "AWS Batch", check)
