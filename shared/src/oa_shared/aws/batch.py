"""AWS Batch as a `BatchService`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from oa_shared.aws.failures import AWS_ERRORS, error_code, is_definite
from oa_shared.batch import (
    MAX_DESCRIBE,
    BatchForbiddenError,
    BatchJob,
    BatchRefusedError,
    BatchUnknownError,
    SubmitRequest,
)

if TYPE_CHECKING:
    from types_aiobotocore_batch import BatchClient
    from types_aiobotocore_batch.type_defs import JobDetailTypeDef, JobSummaryTypeDef, SubmitJobRequestTypeDef

_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded"})
# https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html, and those that its user guide adds.
_FORBIDDEN = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "UnrecognizedClientException",
    }
)
_MILLISECONDS = 1000
_PRIORITY = 1


class AwsBatch:
    """AWS Batch without retries: its client has those of botocore disabled."""

    def __init__(self, client: "BatchClient") -> None:
        self._client = client

    async def submit(self, request: SubmitRequest) -> str:
        """Submit a job and return the id that Batch gives it."""
        parameters: SubmitJobRequestTypeDef = {
            "jobName": request.name,
            "jobQueue": request.queue,
            "jobDefinition": request.definition,
            "containerOverrides": {
                "environment": [{"name": name, "value": value} for name, value in request.environment.items()]
            },
        }
        if request.share:
            # Within a share jobs run in the order of their submission, so all have the same priority.
            parameters |= {"shareIdentifier": request.share, "schedulingPriorityOverride": _PRIORITY}
        if request.timeout_s:
            parameters["timeout"] = {"attemptDurationSeconds": request.timeout_s}
        if request.array_size is not None:
            parameters["arrayProperties"] = {"size": request.array_size}
        async with _translate_errors("SubmitJob"):
            answer = await self._client.submit_job(**parameters)
        return str(answer["jobId"])

    async def describe(self, ids: Sequence[str]) -> list[BatchJob]:
        """Return the jobs with these ids, at most 100."""
        async with _translate_errors("DescribeJobs"):
            answer = await self._client.describe_jobs(jobs=list(ids[:MAX_DESCRIBE]))
        return [_job(job) for job in answer["jobs"]]

    async def find_by_name(self, queue: str, name: str) -> BatchJob | None:
        """Return the newest job with a name, in any status."""
        async with _translate_errors("ListJobs"):
            answer = await self._client.list_jobs(jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [name]}])
        jobs = [_job(job) for job in answer["jobSummaryList"]]
        return max(jobs, key=lambda job: job.created_at or 0, default=None)

    async def terminate(self, job_id: str, reason: str) -> None:
        """End a job, whether it waits or runs."""
        async with _translate_errors("TerminateJob"):
            await self._client.terminate_job(jobId=job_id, reason=reason)


def _job(job: "JobDetailTypeDef | JobSummaryTypeDef") -> BatchJob:
    container = job.get("container", {})
    reasons = [text for text in (container.get("reason"), job.get("statusReason")) if text]
    return BatchJob(
        id=job["jobId"],
        name=job["jobName"],
        status=job["status"],
        exit_code=container.get("exitCode"),
        reason="; ".join(reasons) or None,
        created_at=_seconds(job.get("createdAt")),
        started_at=_seconds(job.get("startedAt")),
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / _MILLISECONDS


@asynccontextmanager
async def _translate_errors(call: str) -> AsyncIterator[None]:
    try:
        yield
    except AWS_ERRORS as error:
        code = error_code(error)
        if not is_definite(error):
            raise BatchUnknownError(f"{call}: {code}") from error
        if code in _FORBIDDEN:
            raise BatchForbiddenError(f"{call}: {code}: {error}") from error
        raise BatchRefusedError(f"{call}: {code}: {error}", throttled=code in _THROTTLED) from error
