"""The calls of the API that the dispatcher makes."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

import aiohttp

from oa_shared.api_credentials import ApiCredentials
from oa_shared.errors import OaError
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.messages import JobMessage
from oa_shared.process_report import ProcessReport
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import JobStatus
from oa_shared.tracing import trace_headers

_TIMEOUT_S = 20
_OK, _CONFLICT, _NOT_FOUND, _SERVER_ERROR = 200, 409, 404, 500
# The request is not at fault: the secret is being rotated, or there were too many calls.
_REDIRECTS = range(300, 400)
_RETRYABLE = frozenset({401, 403, 429})
PAGE = 100


class ApiUnavailableError(OaError):
    """The API did not answer or cannot answer now."""

    code = "api.unavailable"
    title = "The API is not available."
    retryable = True


class ApiRefusedError(OaError):
    """The API rejected the request."""

    code = "api.refused"
    title = "The API rejected the request."


@dataclass(frozen=True, slots=True)
class CurrentJob:
    """The current state of a job in the API; `batch_job` is None until a dispatcher has reported it."""

    id: int
    attempt: int
    token: str
    status: JobStatus
    lane: Lane
    tier: Tier
    batch_job: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptState:
    """The latest attempt of a job, its status, and the account or author that it runs for."""

    attempt: int
    token: str
    status: JobStatus
    owner: str = ""
    array: int | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """An array of attempts that the API has written; `batch_job` is its array job once Batch has accepted it."""

    id: int
    token: str = field(repr=False)
    size: int
    batch_job: str | None


class ApiClient:
    """A client of the API. Every method raises ApiUnavailableError or ApiRefusedError."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url.rstrip("/")
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        credentials = ApiCredentials(self._url, {"secret": self._secret})
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        self._session = aiohttp.ClientSession(middlewares=[credentials], timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def attempt_states(self, jobs: Sequence[int]) -> dict[int, AttemptState]:
        """Return the latest attempts of jobs, at most 1,000, by job; jobs that do not exist are left out."""
        _, body = await self._call("POST", "/api/job/states", body={"jobs": list(jobs)}, allowed=())
        return {row["id"]: read_attempt_state(row) for row in body["states"]}

    async def report(self, job: int, change: JsonMapping) -> bool:
        """Report a change of a job; return False if the job has already moved past it."""
        status, _ = await self._call("PATCH", f"/api/job/{job}", body=change)
        return status == _OK

    async def report_submitted(self, submitted: Sequence[tuple[JobMessage, str]]) -> set[int]:
        """Report the Batch IDs of attempts, at most 1,000; return the jobs that have not moved past it."""
        attempts = [{**_identity_of(job), "batch_job": batch_job} for job, batch_job in submitted]
        _, body = await self._call("POST", "/api/job/submitted", body={"attempts": attempts}, allowed=())
        return {row["job"] for row in body["outcomes"] if row["outcome"] == JobStatus.SUBMITTED}

    async def create_array(self, attempts: Sequence[JobMessage], *, turn_s: float) -> tuple[Array | None, list[int]]:
        """Write an array of attempts, 2 to 1,000, and return it with the jobs that are part of it; None for too few."""
        body = {"attempts": [_identity_of(job) for job in attempts], "turn_s": turn_s}
        _, created = await self._call("POST", "/api/array", body=body, allowed=())
        return (_read_array(created["array"]) if created["array"] else None), created["jobs"]

    async def take_turn(self, array: int, *, turn_s: float) -> Array | None:
        """Take the turn to submit an array; None while another dispatcher has it."""
        status, body = await self._call("POST", f"/api/array/{array}/turn", body={"turn_s": turn_s})
        return _read_array(body) if status == _OK else None

    async def report_array(self, array: int, batch_job: str) -> bool:
        """Report the array job of an array, and with it all of its attempts; False if the array is gone."""
        status, _ = await self._call("POST", f"/api/array/{array}/submitted", body={"batch_job": batch_job})
        return status == _OK

    async def delete_array(self, array: int) -> bool:
        """Delete an array that Batch has refused; False if it has an array job."""
        status, _ = await self._call("DELETE", f"/api/array/{array}")
        return status == _OK

    async def send_heartbeat(self, report: ProcessReport) -> None:
        """Report the parts of this process, or none when it stops."""
        await self._call("POST", "/api/heartbeat", body=asdict(report))

    async def pages(
        self, *statuses: JobStatus, created_after: datetime | None = None
    ) -> AsyncIterator[list[CurrentJob]]:
        """Yield all jobs with one of the statuses in pages of 100, newest first."""
        parameters = {"status": ",".join(statuses), "limit": str(PAGE)}
        if created_after is not None:
            parameters["after"] = created_after.isoformat()
        while True:
            _, body = await self._call("GET", "/api/job", parameters=parameters)
            jobs = [read_job(row) for row in body["jobs"]]
            if jobs:
                yield jobs
            if len(jobs) < PAGE:
                return
            parameters["cursor"] = str(jobs[-1].id)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: JsonMapping | None = None,
        allowed: Collection[int] = frozenset({_CONFLICT, _NOT_FOUND}),
    ) -> tuple[int, Any]:
        """Return the status and the body of an answer: 200, or one that is `allowed`.

        Without `allowed` statuses a 404 means an API of the previous version, which does not have the endpoint.
        """
        if self._session is None:
            raise ApiUnavailableError("the client is not open")
        try:
            url, headers = self._url + path, trace_headers()
            async with self._session.request(
                method, url, params=parameters, json=body, headers=headers, allow_redirects=False
            ) as response:
                answer = {} if response.status in _REDIRECTS else await response.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise ApiUnavailableError(f"{method} {path}: {type(error).__name__}") from error
        if response.status in _REDIRECTS:
            raise ApiUnavailableError(f"{method} {path} redirects to another URL: set OA_API_URL to that of the API")
        is_previous = response.status == _NOT_FOUND and _NOT_FOUND not in allowed
        if response.status >= _SERVER_ERROR or response.status in _RETRYABLE or is_previous:
            raise ApiUnavailableError(f"{method} {path} answered {response.status}")
        if response.status != _OK and response.status not in allowed:
            raise ApiRefusedError(f"{method} {path} answered {response.status}: {answer.get('detail')}")
        return response.status, answer


def read_attempt_state(body: Mapping[str, Any]) -> AttemptState:
    """Return the attempt of a response of the API. Raises ApiUnavailableError if its token is missing."""
    _require_token(body)
    status, owner = JobStatus(body["status"]), body.get("owner", "")
    return AttemptState(body["attempt"], body["token"], status, owner, body.get("array"))


def _identity_of(job: JobMessage) -> JsonObject:
    return {"job": job.job, "attempt": job.attempt, "token": job.token}


def _read_array(row: Mapping[str, Any]) -> Array:
    _require_token(row)
    return Array(row["id"], row["token"], row["size"], row["batch_job"])


def read_job(row: Mapping[str, Any]) -> CurrentJob:
    """Return a job from an answer of the API.

    Raises ApiUnavailableError if the token is missing: the API hides it from callers without the shared secret.
    """
    _require_token(row)
    return CurrentJob(
        id=row["id"],
        attempt=row["attempt"],
        token=row["token"],
        status=JobStatus(row["status"]),
        lane=Lane(row["lane"]),
        tier=Tier(row["tier"]),
        batch_job=row["batch_job"],
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )


def _require_token(row: Mapping[str, Any]) -> None:
    if "token" not in row:
        raise ApiUnavailableError("the API does not accept the shared secret")
