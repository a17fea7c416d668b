"""One message of the jobs queue: look, adopt or submit, report (DESIGN section 4.2)."""

import structlog

from oa_dispatcher.api_client import ApiClient, ApiUnavailableError
from oa_dispatcher.metrics import SUBMISSIONS
from oa_dispatcher.settings import Settings
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import (
    BatchForbiddenError,
    BatchRefusedError,
    BatchService,
    BatchUnknownError,
    SubmitRequest,
)
from oa_shared.consumer import Ack, DeadLetter, DependencyDown, Outcome
from oa_shared.fault_points import fault_point
from oa_shared.ids import batch_job_name
from oa_shared.messages import REPUBLISHED, JobMessage, UnreadableMessageError, parse_job_message
from oa_shared.queue import ReceivedMessage
from oa_shared.status import JobStatus
from oa_shared.tracing import child_traceparent, set_current_trace, trace_id

log = structlog.get_logger()
_THROTTLED_S, _FORBIDDEN_S = 10, 60
_NO_JOB, _NO_NAME = 2**53, "oa-nothing"


class Submission:
    """The handler of the jobs queue; it keeps nothing between messages, so any number may run."""

    def __init__(self, settings: Settings, *, api: ApiClient, batch: BatchService, bucket: TokenBucket) -> None:
        self._settings = settings
        self._api = api
        self._batch = batch
        self._bucket = bucket

    async def __call__(self, message: ReceivedMessage) -> Outcome:
        """Deal with one message."""
        try:
            wanted = parse_job_message(message.body)
        except UnreadableMessageError as error:
            return DeadLetter(error.detail)
        set_current_trace(wanted.traceparent)
        structlog.contextvars.bind_contextvars(
            run_id=wanted.run,
            job_id=wanted.job,
            attempt=wanted.attempt,
            source=wanted.source_name,
            request_id=trace_id(wanted.traceparent),
        )
        try:
            return await self._deal_with(wanted, seen_before=_is_seen_before(message))
        except ApiUnavailableError as error:
            log.warning("submission_waits", error=error.detail)
            return DependencyDown(self._settings.api_away_s)
        except BatchUnknownError as error:
            SUBMISSIONS.labels("unknown").inc()
            log.warning("submission_unknown", error=error.detail)
            return DependencyDown(self._settings.unknown_s)
        except BatchForbiddenError as error:
            SUBMISSIONS.labels("forbidden").inc()
            log.error("submission_forbidden", error=error.detail)  # noqa: TRY400 - the detail says it
            return DependencyDown(_FORBIDDEN_S)

    async def is_ready(self) -> bool:
        """Return whether the API, its database and Batch answer, by asking for what never exists."""
        queue = next(iter(self._settings.batch_queues.values()))
        try:
            await self._api.job(_NO_JOB)
            await self._batch.find_by_name(queue, _NO_NAME)
        except (ApiUnavailableError, BatchUnknownError, BatchRefusedError) as error:
            log.warning("neighbour_away", error=error.detail)
            return False
        return True

    async def _deal_with(self, wanted: JobMessage, *, seen_before: bool) -> Outcome:
        job = await self._api.job(wanted.job)
        stale = _why_stale(job, wanted)
        if stale:
            SUBMISSIONS.labels("not_needed").inc()
            log.info("submission_not_needed", reason=stale)
            return Ack()
        name = batch_job_name(self._settings.stack, wanted.job, wanted.attempt, wanted.token)
        queue = self._settings.queue_of(wanted.lane, wanted.tier)
        found = await self._batch.find_by_name(queue, name) if seen_before else None
        if found is not None:
            SUBMISSIONS.labels("adopted").inc()
            log.info("job_adopted", batch_job=found.id)
            return await self._report(wanted, found.id)
        return await self._submit(wanted, name, queue)

    async def _submit(self, wanted: JobMessage, name: str, queue: str) -> Outcome:
        await self._bucket.take()
        fault_point("dispatcher.before_submit")
        request = SubmitRequest(
            name=name,
            queue=queue,
            definition=self._settings.batch_definitions[wanted.tier],
            environment=self._environment(wanted),
            timeout_s=self._settings.job_timeout_s,
        )
        try:
            batch_job = await self._batch.submit(request)
        except BatchForbiddenError:
            raise
        except BatchRefusedError as error:
            return await self._refused(wanted, error)
        fault_point("dispatcher.after_submit")
        SUBMISSIONS.labels("submitted").inc()
        log.info("job_submitted", batch_job=batch_job, queue=queue)
        return await self._report(wanted, batch_job)

    async def _refused(self, wanted: JobMessage, error: BatchRefusedError) -> Outcome:
        if error.throttled:
            self._bucket.slow_down()
            SUBMISSIONS.labels("throttled").inc()
            log.warning("submission_throttled")
            return DependencyDown(_THROTTLED_S)
        SUBMISSIONS.labels("refused").inc()
        log.error("submission_refused", error=error.detail)
        change = {"code": "infra.refused", "message": error.detail[:1000], "status": JobStatus.FAIL}
        await self._api.report(wanted.job, {**change, "attempt": wanted.attempt, "token": wanted.token})
        return Ack()

    async def _report(self, wanted: JobMessage, batch_job: str) -> Outcome:
        change = {"status": JobStatus.SUBMITTED, "batch_job": batch_job}
        accepted = await self._api.report(wanted.job, {**change, "attempt": wanted.attempt, "token": wanted.token})
        fault_point("dispatcher.after_patch")
        if not accepted:
            # The container may have reported first, or the job was cancelled: the sweep ends it in that case.
            log.info("submission_overtaken", batch_job=batch_job)
        return Ack()

    def _environment(self, wanted: JobMessage) -> dict[str, str]:
        settings = self._settings
        sample = {"OA_SAMPLE": str(wanted.sample)} if wanted.sample else {}
        return {
            **sample,
            "OA_STACK": settings.stack,
            "OA_KIND": wanted.job_kind,
            "OA_RUN": str(wanted.run),
            "OA_JOB": str(wanted.job),
            "OA_ATTEMPT": str(wanted.attempt),
            "OA_TOKEN": wanted.token,
            "OA_LAYER": wanted.layer,
            "OA_NAME": wanted.name,
            "OA_SOURCE_NAME": wanted.source_name,
            "OA_API_URL": settings.task_api_url or settings.api_url,
            "OA_BUCKET": settings.bucket,
            "OA_RESULTS_QUEUE_URL": settings.results_queue_url,
            "OA_TRACEPARENT": child_traceparent(wanted.traceparent),
            "OA_ALLOWED_HOSTS": ",".join(settings.allowed_hosts),
        }


def _why_stale(job: dict[str, object] | None, wanted: JobMessage) -> str | None:
    if job is None:
        return "no such job"
    if job["attempt"] != wanted.attempt or job.get("token") != wanted.token:
        return f"the job is at attempt {job['attempt']}"
    return None if job["status"] == JobStatus.PENDING else f"the job is {job['status']}"


def _is_seen_before(message: ReceivedMessage) -> bool:
    """Return whether somebody may have submitted this attempt: a second delivery, or a message sent once more."""
    return message.receive_count > 1 or REPUBLISHED in message.attributes
