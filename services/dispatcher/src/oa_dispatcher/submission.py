"""The handler of the jobs queue: check the job, adopt its container or submit it, report (docs/architecture.md)."""

from dataclasses import dataclass
from typing import assert_never

import structlog

from oa_dispatcher.api_client import ApiClient, ApiRefusedError, ApiUnavailableError, AttemptState
from oa_dispatcher.metrics import SUBMISSIONS
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.submit_permission import NO_NAME, SubmitPermission
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import (
    BatchForbiddenError,
    BatchRefusedError,
    BatchService,
    BatchUnknownError,
    SubmitRequest,
)
from oa_shared.carriers import clean_text, why_not_in_environment
from oa_shared.consumer import Ack, DeadLetter, DependencyDown, Outcome, RetryAfter
from oa_shared.fault_points import fault_point
from oa_shared.ids import batch_job_name
from oa_shared.messages import REPUBLISHED, JobMessage, UnreadableMessageError, parse_job_message
from oa_shared.queue import ReceivedMessage
from oa_shared.status import JobStatus
from oa_shared.tracing import child_traceparent, set_current_trace, trace_id

log = structlog.get_logger()
_THROTTLED_S, _FORBIDDEN_S = 10, 60
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
        self._batch = batch
        self._bucket = bucket
        self._permission = SubmitPermission()

    async def __call__(self, message: ReceivedMessage) -> Outcome:
        """Handle one message."""
        try:
            job = parse_job_message(message.body)
        except UnreadableMessageError as error:
            return DeadLetter(error.detail)
        set_current_trace(job.traceparent)
        structlog.contextvars.bind_contextvars(
            run_id=job.run,
            job_id=job.job,
            attempt=job.attempt,
            source=job.source_name,
            request_id=trace_id(job.traceparent),
        )
        try:
            return await self._adopt_or_submit(job, may_exist=_may_have_container(message))
        except (ApiUnavailableError, ApiRefusedError, BatchUnknownError, BatchRefusedError) as error:
            return self._outcome_of(error)

    def _outcome_of(
        self, error: ApiUnavailableError | ApiRefusedError | BatchUnknownError | BatchRefusedError
    ) -> Outcome:
        """Return what becomes of a message whose handling ended with an error."""
        match error:
            case ApiUnavailableError():
                log.warning("submission_waiting", error=error.detail)
                return DependencyDown(self._settings.api_retry_s)
            case ApiRefusedError():
                return DeadLetter(error.detail)
            case BatchUnknownError():
                SUBMISSIONS.labels("unknown").inc()
                log.warning("submission_unknown", error=error.detail)
                return DependencyDown(self._settings.unknown_retry_s)
            case BatchForbiddenError():
                SUBMISSIONS.labels("forbidden").inc()
                log.error("submission_forbidden", error=error.detail)
                return DependencyDown(_FORBIDDEN_S)
            case BatchRefusedError():
                # Only the search for a container ends here: a refusal of the submission fails the job.
                log.warning("container_search_refused", error=error.detail)
                return DependencyDown(_THROTTLED_S) if error.throttled else RetryAfter(_FORBIDDEN_S)
            case _:
                assert_never(error)

    async def is_ready(self) -> bool:
        """Return whether the API, its database and Batch answer; it asks them for things that never exist."""
        queue = next(iter(self._settings.batch_queues.values()))
        try:
            await self._api.attempt_state(_NO_JOB)
            await self._batch.find_by_name(queue, NO_NAME)
            await self._permission.check(self._batch)
        except (ApiUnavailableError, BatchUnknownError, BatchRefusedError) as error:
            log.warning("dependency_down", error=error.detail)
            return False
        return True

    async def _adopt_or_submit(self, job: JobMessage, *, may_exist: bool) -> Outcome:
        current = await self._api.attempt_state(job.job)
        stale = _stale_reason(current, job)
        if current is None or stale:
            SUBMISSIONS.labels("not_needed").inc()
            log.info("submission_not_needed", reason=stale)
            return Ack()
        request = self._request(job, current.owner)
        if isinstance(request, _Rejection):
            return await self._reject(job, request)
        container = await self._batch.find_by_name(request.queue, request.name) if may_exist else None
        if container is not None:
            SUBMISSIONS.labels("adopted").inc()
            log.info("job_adopted", batch_job=container.id)
            return await self._report_submitted(job, container.id)
        return await self._submit(job, request)

    def _request(self, job: JobMessage, owner: str) -> "SubmitRequest | _Rejection":
        """Return the call for a job, or why Batch could never run it."""
        settings = self._settings
        environment = self._environment(job)
        if reason := why_not_in_environment(environment):
            return _Rejection("infra.undeliverable", f"the container cannot get its variables: {reason}")
        queue, definition = settings.queue_of(job.lane, job.tier), settings.batch_definitions.get(job.tier)
        if queue is None or definition is None:
            part = f"queue is set for the lane {job.lane}" if queue is None else f"job definition is set for {job.tier}"
            return _Rejection("infra.refused", f"no Batch {part}")
        return SubmitRequest(
            name=batch_job_name(settings.stack, job.job, job.attempt, job.token),
            queue=queue,
            definition=definition,
            environment=environment,
            timeout_s=settings.timeout_of(job.lane),
            share=settings.share_of(job.lane, owner),
        )

    async def _submit(self, job: JobMessage, request: SubmitRequest) -> Outcome:
        await self._bucket.take()
        fault_point("dispatcher.before_submit")
        try:
            batch_job = await self._batch.submit(request)
        except BatchForbiddenError:
            self._permission.record_denial(request)
            raise
        except BatchRefusedError as error:
            return await self._handle_refusal(job, error)
        fault_point("dispatcher.after_submit")
        SUBMISSIONS.labels("submitted").inc()
        log.info("job_submitted", batch_job=batch_job, queue=request.queue)
        return await self._report_submitted(job, batch_job)

    async def _handle_refusal(self, job: JobMessage, error: BatchRefusedError) -> Outcome:
        if error.throttled:
            self._bucket.slow_down()
            SUBMISSIONS.labels("throttled").inc()
            log.warning("submission_throttled")
            return DependencyDown(_THROTTLED_S)
        return await self._reject(job, _Rejection("infra.refused", error.detail))

    async def _reject(self, job: JobMessage, rejection: "_Rejection") -> Outcome:
        """Fail a job that Batch does not run; the others continue."""
        SUBMISSIONS.labels("refused").inc()
        log.error("submission_refused", code=rejection.code, error=rejection.reason)
        text = clean_text(rejection.reason, max_bytes=_MAX_REASON_BYTES)
        change = {"code": rejection.code, "message": text, "status": JobStatus.FAIL}
        await self._api.report(job.job, {**change, "attempt": job.attempt, "token": job.token})
        return Ack()

    async def _report_submitted(self, job: JobMessage, batch_job: str) -> Outcome:
        change = {"status": JobStatus.SUBMITTED, "batch_job": batch_job}
        accepted = await self._api.report(job.job, {**change, "attempt": job.attempt, "token": job.token})
        fault_point("dispatcher.after_patch")
        if not accepted:
            # Either the container has reported first, or the job was canceled: then the sweep ends the container.
            log.info("submission_overtaken", batch_job=batch_job)
        return Ack()

    def _environment(self, job: JobMessage) -> dict[str, str]:
        settings = self._settings
        sample = {"OA_SAMPLE": str(job.sample)} if job.sample else {}
        return {
            **sample,
            "OA_STACK": settings.stack,
            "OA_KIND": job.job_kind,
            "OA_RUN": str(job.run),
            "OA_JOB": str(job.job),
            "OA_ATTEMPT": str(job.attempt),
            "OA_TOKEN": job.token,
            "OA_LAYER": job.layer,
            "OA_NAME": job.name,
            "OA_SOURCE_NAME": job.source_name,
            "OA_API_URL": settings.task_api_url or settings.api_url,
            "OA_BUCKET": settings.bucket,
            "OA_RESULTS_QUEUE_URL": settings.results_queue_url,
            "OA_TRACEPARENT": child_traceparent(job.traceparent),
            "OA_ALLOW_HOSTS": ",".join(settings.allowed_hosts),
        }


@dataclass(frozen=True, slots=True)
class _Rejection:
    """Why a job never gets a container: the failure code and the reason."""

    code: str
    reason: str


def _stale_reason(current: AttemptState | None, job: JobMessage) -> str | None:
    """Return why a message no longer needs a container, or None if it does."""
    if current is None:
        return "no such job"
    if current.attempt != job.attempt or current.token != job.token:
        return f"the job is at attempt {current.attempt}"
    return None if current.status is JobStatus.PENDING else f"the job is {current.status}"


def _may_have_container(message: ReceivedMessage) -> bool:
    """Return whether a dispatcher may have submitted this attempt: the message was delivered or sent before."""
    return message.receive_count > 1 or REPUBLISHED in message.attributes
