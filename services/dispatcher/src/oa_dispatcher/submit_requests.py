"""The call of SubmitJob for a message: name, queue, definition, variables, time limit and share."""

from dataclasses import dataclass, replace

from oa_dispatcher.settings import DispatcherSettings
from oa_shared.batch import SubmitRequest
from oa_shared.carriers import why_not_in_environment
from oa_shared.ids import array_job_name, batch_job_name
from oa_shared.messages import JobMessage
from oa_shared.tracing import child_traceparent


@dataclass(frozen=True, slots=True)
class RefusedSubmission:
    """Why a job never gets a container: the failure code and the reason."""

    code: str
    reason: str


def build_request(settings: DispatcherSettings, job: JobMessage, owner: str) -> SubmitRequest | RefusedSubmission:
    """Return the call for a job, or why Batch could never run it."""
    environment = _common_environment(settings) | _own_environment(job)
    if reason := why_not_in_environment(environment):
        return RefusedSubmission("infra.undeliverable", f"the container cannot get its variables: {reason}")
    queue, definition = settings.queue_of(job.lane, job.tier), settings.batch_definitions.get(job.tier)
    if queue is None or definition is None:
        part = f"queue is set for the lane {job.lane}" if queue is None else f"job definition is set for {job.tier}"
        return RefusedSubmission("infra.refused", f"no Batch {part}")
    return SubmitRequest(
        name=batch_job_name(settings.stack, job.job, job.attempt, job.token),
        queue=queue,
        definition=definition,
        environment=environment,
        timeout_s=settings.timeout_of(job.lane, is_sample=bool(job.sample)),
        share=settings.share_of(job.lane, owner),
    )


def of_array(
    settings: DispatcherSettings, request: SubmitRequest, *, array: int, token: str, size: int
) -> SubmitRequest:
    """Return the call for an array of attempts that `request` is the call of one of.

    The containers ask the API for the variables in which they differ.
    """
    environment = _common_environment(settings) | {"OA_ARRAY": str(array), "OA_ARRAY_TOKEN": token}
    name = array_job_name(settings.stack, array, token)
    return replace(request, name=name, environment=environment, array_size=size)


def _common_environment(settings: DispatcherSettings) -> dict[str, str]:
    return {
        "OA_STACK": settings.stack,
        "OA_API_URL": settings.task_api_url or settings.api_url,
        "OA_BUCKET": settings.bucket,
        "OA_RESULTS_QUEUE_URL": settings.results_queue_url,
        "OA_ALLOW_HOSTS": ",".join(settings.allowed_hosts),
    }


def _own_environment(job: JobMessage) -> dict[str, str]:
    sample = {"OA_SAMPLE": str(job.sample)} if job.sample else {}
    return {
        **sample,
        "OA_KIND": job.job_kind,
        "OA_RUN": str(job.run),
        "OA_JOB": str(job.job),
        "OA_ATTEMPT": str(job.attempt),
        "OA_TOKEN": job.token,
        "OA_LAYER": job.layer,
        "OA_NAME": job.name,
        "OA_SOURCE_NAME": job.source_name,
        "OA_TRACEPARENT": child_traceparent(job.traceparent),
    }
