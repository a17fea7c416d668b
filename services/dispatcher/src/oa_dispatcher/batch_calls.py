"""Calls of SubmitJob at the permitted rate, and what they have shown about the permission to make them."""

import structlog

from oa_dispatcher.metrics import SUBMISSIONS
from oa_dispatcher.submit_permission import NO_NAME, SubmitPermission
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import BatchForbiddenError, BatchJob, BatchRefusedError, BatchService, SubmitRequest
from oa_shared.fault_points import fault_point

log = structlog.get_logger()


class ThrottledError(Exception):
    """Batch had too many calls, and started nothing."""


class BatchCalls:
    """Batch as submissions use it; it keeps only whether Batch denied the last one."""

    def __init__(self, batch: BatchService, bucket: TokenBucket) -> None:
        self._batch = batch
        self._bucket = bucket
        self._permission = SubmitPermission()

    async def wait(self) -> None:
        """Wait until a call of SubmitJob is permitted."""
        await self._bucket.take()

    async def start(self, request: SubmitRequest) -> str:
        """Submit after `wait`, and return the Batch ID.

        Raises ThrottledError, BatchForbiddenError, BatchRefusedError, BatchUnknownError.
        """
        fault_point("dispatcher.before_submit")
        try:
            batch_job = await self._batch.submit(request)
        except BatchForbiddenError:
            self._permission.record_denial(request)
            raise
        except BatchRefusedError as error:
            if not error.throttled:
                raise
            self._bucket.slow_down()
            SUBMISSIONS.labels("throttled").inc()
            log.warning("submission_throttled")
            raise ThrottledError from error
        return batch_job

    async def find(self, request: SubmitRequest) -> BatchJob | None:
        """Return the container or the array job that an earlier call has started."""
        return await self._batch.find_by_name(request.queue, request.name)

    async def check(self, queue: str) -> None:
        """Ask for what never exists. Raises BatchForbiddenError, BatchRefusedError, BatchUnknownError."""
        await self._batch.find_by_name(queue, NO_NAME)
        await self._permission.check(self._batch)
