"""Submitting attempts as array jobs, one call of SubmitJob for many (docs/decisions/0023)."""

from collections.abc import Sequence

import structlog

from oa_dispatcher.api_client import ApiClient, ApiRefusedError, Array
from oa_dispatcher.batch_calls import BatchCalls, ThrottledError
from oa_dispatcher.failed_calls import FAILED_CALLS, THROTTLED_S, outcome_of
from oa_dispatcher.job_items import ContainerNeed
from oa_dispatcher.metrics import SUBMISSIONS
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.submit_requests import of_array
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, SubmitRequest
from oa_shared.fault_points import fault_point
from oa_shared.outcomes import Ack, DependencyDown, Outcome, RetryAfter

log = structlog.get_logger()
MAX_CHILDREN = 1000
"""The most attempts of one array: those of one request to the API. Batch accepts ten times as many."""
_LEFT_OUT_S = 1


class ArraySubmission:
    """Submits arrays; the outcomes are by the place of the message, without those that need a container alone."""

    def __init__(self, settings: DispatcherSettings, *, api: ApiClient, batch: BatchCalls) -> None:
        self._settings = settings
        self._api = api
        self._batch = batch

    def choose(self, needs: Sequence[ContainerNeed]) -> list[list[ContainerNeed]]:
        """Return the groups that are worth an array."""
        if not self._settings.array_jobs:
            return []
        groups: dict[tuple[object, ...], list[ContainerNeed]] = {}
        for need in needs:
            if need.fits_array:
                groups.setdefault(need.group, []).append(need)
        large = (group for group in groups.values() if len(group) >= self._settings.array_least)
        return [group[start : start + MAX_CHILDREN] for group in large for start in range(0, len(group), MAX_CHILDREN)]

    async def submit_new(self, group: Sequence[ContainerNeed]) -> dict[int, Outcome]:
        """Write an array of the attempts, then submit it; none if the API or Batch refuses it.

        An attempt that is left out has moved on, or is part of another array: its message is delivered again.
        """
        try:
            await self._batch.wait()
            attempts = [need.item.job for need in group]
            array, jobs = await self._api.create_array(attempts, turn_s=self._settings.visibility_s)
            if array is None:
                return {}
            fault_point("dispatcher.after_array")
            outcome = await self._submit(array, group[0])
        except ApiRefusedError as error:
            log.error("array_refused", error=error.detail)  # noqa: TRY400 - the detail is enough
            return {}
        except FAILED_CALLS as error:
            return _for_all(group, outcome_of(error, self._settings))
        if outcome is None:
            return {}
        is_part = set(jobs)
        return {need.item.place: outcome if need.item.job.job in is_part else RetryAfter(_LEFT_OUT_S) for need in group}

    async def continue_array(self, array: int, group: Sequence[ContainerNeed]) -> dict[int, Outcome]:
        """Adopt the array job of an array that a dispatcher has written before, or submit the array again."""
        try:
            outcome = await self._continue(array, group[0])
        except FAILED_CALLS as error:
            outcome = outcome_of(error, self._settings)
        return {} if outcome is None else _for_all(group, outcome)

    async def _continue(self, array_id: int, need: ContainerNeed) -> Outcome | None:
        await self._batch.wait()
        array = await self._api.take_turn(array_id, turn_s=self._settings.visibility_s)
        if array is None:
            log.info("array_waiting", array=array_id)
            return RetryAfter(self._settings.api_retry_s)
        if array.batch_job is not None:
            return await self._report(array, array.batch_job)
        found = await self._batch.find(self._request(array, need))
        if found is None:
            return await self._submit(array, need)
        log.info("array_adopted", array=array.id, batch_job=found.id, size=array.size)
        SUBMISSIONS.labels("adopted").inc(array.size)
        return await self._report(array, found.id)

    async def _submit(self, array: Array, need: ContainerNeed) -> Outcome | None:
        """Submit an array; None if Batch refused it, so that each attempt is submitted individually."""
        try:
            batch_job = await self._batch.start(self._request(array, need))
        except ThrottledError:
            return DependencyDown(THROTTLED_S)
        except BatchForbiddenError:
            raise
        except BatchRefusedError as error:
            log.error("array_refused", array=array.id, error=error.detail)  # noqa: TRY400 - the detail is enough
            return None if await self._api.delete_array(array.id) else RetryAfter(_LEFT_OUT_S)
        fault_point("dispatcher.after_array_submit")
        SUBMISSIONS.labels("submitted").inc(array.size)
        log.info("array_submitted", array=array.id, batch_job=batch_job, size=array.size, queue=need.request.queue)
        return await self._report(array, batch_job)

    async def _report(self, array: Array, batch_job: str) -> Outcome:
        is_known = await self._api.report_array(array.id, batch_job)
        fault_point("dispatcher.after_array_report")
        return Ack() if is_known else RetryAfter(_LEFT_OUT_S)

    def _request(self, array: Array, need: ContainerNeed) -> SubmitRequest:
        return of_array(self._settings, need.request, array=array.id, token=array.token, size=array.size)


def _for_all(group: Sequence[ContainerNeed], outcome: Outcome) -> dict[int, Outcome]:
    return {need.item.place: outcome for need in group}
