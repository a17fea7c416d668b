"""AWS Batch as a `BatchService`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from oa_shared.aws.failures import AWS_ERRORS, error_code, is_definite
from oa_shared.batch import (
    MAX_DESCRIBE,
    BatchForbiddenError,
    BatchJob,
    BatchRefusedError,
    BatchUnknownError,
    SubmitRequest,
)

_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded"})
# https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html, and what its user guide names beside them.
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


class AwsBatch:
    """Batch, called once per call: its client has botocore's retries switched off."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def submit(self, request: SubmitRequest) -> str:
        """Start a container and return Batch's id for it."""
        environment = [{"name": name, "value": value} for name, value in request.environment.items()]
        parameters: dict[str, Any] = {
            "jobName": request.name,
            "jobQueue": request.queue,
            "jobDefinition": request.definition,
            "containerOverrides": {"environment": environment},
        }
        if request.timeout_s:
            parameters["timeout"] = {"attemptDurationSeconds": request.timeout_s}
        async with _translated("SubmitJob"):
            answer = await self._client.submit_job(**parameters)
        return str(answer["jobId"])

    async def describe(self, ids: Sequence[str]) -> list[BatchJob]:
        """Look up at most 100 jobs."""
        async with _translated("DescribeJobs"):
            answer = await self._client.describe_jobs(jobs=list(ids[:MAX_DESCRIBE]))
        return [_job(job) for job in answer["jobs"]]

    async def find_by_name(self, queue: str, name: str) -> BatchJob | None:
        """Return the newest job of a name, whatever its status."""
        filters = [{"name": "JOB_NAME", "values": [name]}]
        async with _translated("ListJobs"):
            answer = await self._client.list_jobs(jobQueue=queue, filters=filters)
        found = [_job(job) for job in answer["jobSummaryList"]]
        return max(found, key=lambda job: job.created_at or 0, default=None)

    async def terminate(self, job_id: str, reason: str) -> None:
        """End a job, waiting or running."""
        async with _translated("TerminateJob"):
            await self._client.terminate_job(jobId=job_id, reason=reason)


def _job(job: dict[str, Any]) -> BatchJob:
    container = job.get("container") or {}
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
async def _translated(call: str) -> AsyncIterator[None]:
    try:
        yield
    except AWS_ERRORS as error:
        code = error_code(error)
        if not is_definite(error):
            raise BatchUnknownError(f"{call}: {code}") from error
        if code in _FORBIDDEN:
            raise BatchForbiddenError(f"{call}: {code}: {error}") from error
        raise BatchRefusedError(f"{call}: {code}: {error}", throttled=code in _THROTTLED) from error
