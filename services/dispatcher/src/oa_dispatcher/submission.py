"""The handler of the jobs queue: check jobs, adopt or submit their containers, report (docs/architecture.md)."""

import asyncio
from collections.abc import Sequence

import structlog

from oa_dispatcher.api_client import ApiClient, ApiRefusedError, ApiUnavailableError, AttemptState
from oa_dispatcher.array_submission import ArraySubmission
from oa_dispatcher.batch_calls import BatchCalls, ThrottledError
from oa_dispatcher.failed_calls import FAILED_CALLS, THROTTLED_S, outcome_of
from oa_dispatcher.job_items import ContainerNeed, JobItem, stale_reason
from oa_dispatcher.metrics import SUBMISSIONS
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.submit_requests import RefusedSubmission, build_request
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchService, BatchUnknownError
from oa_shared.carriers import clean_text
from oa_shared.fault_points import fault_point
from oa_shared.messages import JobMessage, UnreadableMessageError, parse_job_message
from oa_shared.outcomes import REDELIVERY_S, Ack, DeadLetter, DependencyDown, Outcome, RetryAfter, Settlement
from oa_shared.queue import ReceivedMessage
from oa_shared.status import JobStatus
from oa_shared.tracing import set_current_trace

log = structlog.get_logger()
_MAX_REASON_BYTES = 1000
# A job that never exists, for the readiness check.
_NO_JOB = 2**53


class Submission:
    """Handles job messages; it keeps only whether Batch denied the last one, so any number of dispatchers may run."""

    def __init__(
        self, settings: DispatcherSettings, *, api: ApiClient, batch: BatchService, bucket: TokenBucket
    ) -> None:
        self._settings = settings
        self._api = api
        self._batch = BatchCalls(batch, bucket)
        self._arrays = ArraySubmission(settings, api=api, batch=self._batch)

    async def handle_batch(self, messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        """Handle messages together, and return how to settle each: what one of them meets decides about no other."""
        outcomes: dict[int, Outcome] = {}
        items: list[JobItem] = []
        for place, message in enumerate(messages):
            try:
                items.append(JobItem(place, message, parse_job_message(message.body)))
            except UnreadableMessageError as error:
                outcomes[place] = DeadLetter(error.detail)
        outcomes |= await self._handle_once(items)
        log_ids = {item.place: item.log_ids for item in items}
        return [Settlement(outcomes[place], log_ids.get(place, {})) for place in range(len(messages))]

    async def is_ready(self) -> bool:
        """Return whether the API, its database and Batch answer; it asks them for things that never exist."""
        try:
            await self._api.attempt_states([_NO_JOB])
            await self._batch.check(next(iter(self._settings.batch_queues.values())))
        except (ApiUnavailableError, BatchUnknownError, BatchRefusedError) as error:
            log.warning("dependency_down", error=error.detail)
            return False
        return True

    async def _handle_once(self, items: Sequence[JobItem]) -> dict[int, Outcome]:
        """Return the outcomes of the messages, by place; copies of a message have one outcome and one container."""
        copies: dict[tuple[int, int, str], list[JobItem]] = {}
        for item in items:
            copies.setdefault(item.identity, []).append(item)
        chosen = [max(group, key=lambda item: item.may_have_container) for group in copies.values()]
        outcomes = await self._handle(chosen) if chosen else {}
        places = {item.identity: item.place for item in chosen}
        return {item.place: outcomes[places[item.identity]] for item in items}

    async def _handle(self, items: Sequence[JobItem]) -> dict[int, Outcome]:
        """Return the outcomes of messages about different attempts, by place."""
        try:
            states = await self._api.attempt_states([item.job.job for item in items])
        except ApiUnavailableError as error:
            outcome = outcome_of(error, self._settings)
            return {item.place: outcome for item in items}
        except ApiRefusedError as error:
            if len(items) == 1:
                return {item.place: outcome_of(error, self._settings) for item in items}
            alone = [await self._handle([item]) for item in items]
            return {place: outcome for outcomes in alone for place, outcome in outcomes.items()}
        outcomes: dict[int, Outcome] = {}
        needs: list[ContainerNeed] = []
        for item in items:
            checked = await self._check(item, states.get(item.job.job))
            if isinstance(checked, ContainerNeed):
                needs.append(checked)
            else:
                outcomes[item.place] = checked
        return outcomes | await self._get_containers(needs)

    async def _check(self, item: JobItem, current: AttemptState | None) -> ContainerNeed | Outcome:
        """Return what a message needs a container for, or its outcome if it needs none."""
        with structlog.contextvars.bound_contextvars(**item.log_ids):
            stale = stale_reason(current, item.job)
            if current is None or stale:
                SUBMISSIONS.labels("not_needed").inc()
                log.info("submission_not_needed", reason=stale)
                return Ack()
            request = build_request(self._settings, item.job, current.owner)
            if isinstance(request, RefusedSubmission):
                return await self._reject(item.job, request)
            return ContainerNeed(item, request, current.array)

    async def _get_containers(self, needs: Sequence[ContainerNeed]) -> dict[int, Outcome]:
        """Continue the arrays that exist, submit new ones, and the other attempts individually.

        The attempts of pull requests and of people do not wait for those of the weekly run.
        """
        urgent = [need for need in needs if need.array is None and need.is_urgent]
        outcomes = await self._submit_alone(urgent)
        existing: dict[int, list[ContainerNeed]] = {}
        for need in needs:
            if need.array is not None:
                existing.setdefault(need.array, []).append(need)
        for array, group in existing.items():
            outcomes |= await self._arrays.continue_array(array, group)
        for group in self._arrays.choose(needs):
            outcomes |= await self._arrays.submit_new(group)
        return outcomes | await self._submit_alone([need for need in needs if need.item.place not in outcomes])

    async def _submit_alone(self, needs: Sequence[ContainerNeed]) -> dict[int, Outcome]:
        """Adopt or submit each attempt, some at once, and report these in one request."""
        outcomes: dict[int, Outcome] = {}
        ordered, step = sorted(needs, key=lambda need: need.priority), self._settings.concurrency
        for start in range(0, len(ordered), step):
            chunk = ordered[start : start + step]
            results = await asyncio.gather(*(self._adopt_or_submit(need) for need in chunk))
            accepted = [(need, each) for need, each in zip(chunk, results, strict=True) if isinstance(each, str)]
            outcomes |= {
                need.item.place: each for need, each in zip(chunk, results, strict=True) if not isinstance(each, str)
            }
            outcomes |= await self._report_submitted(accepted)
        return outcomes

    async def _adopt_or_submit(self, need: ContainerNeed) -> str | Outcome:
        """Return the Batch ID of the container of an attempt, or the outcome of its message without one."""
        with structlog.contextvars.bound_contextvars(**need.item.log_ids):
            try:
                container = await self._batch.find(need.request) if need.item.may_have_container else None
                if container is None:
                    return await self._submit(need)
            except FAILED_CALLS as error:
                return outcome_of(error, self._settings)
            except Exception:
                log.exception("message_failed")
                return RetryAfter(REDELIVERY_S)
            SUBMISSIONS.labels("adopted").inc()
            log.info("job_adopted", batch_job=container.id)
            return container.id

    async def _submit(self, need: ContainerNeed) -> str | Outcome:
        await self._batch.wait()
        try:
            batch_job = await self._batch.start(need.request)
        except ThrottledError:
            return DependencyDown(THROTTLED_S)
        except BatchForbiddenError:
            raise
        except BatchRefusedError as error:
            return await self._reject(need.item.job, RefusedSubmission("infra.refused", error.detail))
        fault_point("dispatcher.after_submit")
        SUBMISSIONS.labels("submitted").inc()
        log.info("job_submitted", batch_job=batch_job, queue=need.request.queue)
        return batch_job

    async def _reject(self, job: JobMessage, rejection: RefusedSubmission) -> Outcome:
        """Fail a job that Batch does not run; the others continue."""
        SUBMISSIONS.labels("refused").inc()
        log.error("submission_refused", code=rejection.code, error=rejection.reason)
        text = clean_text(rejection.reason, max_bytes=_MAX_REASON_BYTES)
        change = {"code": rejection.code, "message": text, "status": JobStatus.FAIL}
        set_current_trace(job.traceparent)
        try:
            await self._api.report(job.job, {**change, "attempt": job.attempt, "token": job.token})
        except (ApiUnavailableError, ApiRefusedError) as error:
            return outcome_of(error, self._settings)
        return Ack()

    async def _report_submitted(self, accepted: Sequence[tuple[ContainerNeed, str]]) -> dict[int, Outcome]:
        """Report attempts that have a container; a report that the API refuses is not the fault of the others."""
        if not accepted:
            return {}
        try:
            moved = await self._api.report_submitted([(need.item.job, each) for need, each in accepted])
        except ApiRefusedError as error:
            if len(accepted) == 1:
                return {need.item.place: DeadLetter(error.detail) for need, _ in accepted}
            alone = [await self._report_submitted([pair]) for pair in accepted]
            return {place: outcome for outcomes in alone for place, outcome in outcomes.items()}
        except ApiUnavailableError as error:
            outcome = outcome_of(error, self._settings)
            return {need.item.place: outcome for need, _ in accepted}
        fault_point("dispatcher.after_patch")
        for need, batch_job in accepted:
            if need.item.job.job not in moved:
                # Either the container has reported first, or the job was canceled: then the sweep ends the container.
                with structlog.contextvars.bound_contextvars(**need.item.log_ids):
                    log.info("submission_overtaken", batch_job=batch_job)
        return {need.item.place: Ack() for need, _ in accepted}
