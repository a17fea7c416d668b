"""The calls of the API that the dispatcher makes."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

import aiohttp

from oa_shared.api_credentials import ApiCredentials
from oa_shared.errors import OaError
from oa_shared.json_types import JsonMapping
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

    async def attempt_state(self, job: int) -> AttemptState | None:
        """Return the latest attempt of a job, or None if the job does not exist."""
        status, body = await self._call("GET", f"/api/job/{job}/state")
        return None if status == _NOT_FOUND else read_attempt_state(body)

    async def report(self, job: int, change: JsonMapping) -> bool:
        """Report a change of a job; return False if the job has already moved past it."""
        status, _ = await self._call("PATCH", f"/api/job/{job}", body=change)
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
    ) -> tuple[int, Any]:
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
        if response.status >= _SERVER_ERROR or response.status in _RETRYABLE:
            raise ApiUnavailableError(f"{method} {path} answered {response.status}")
        if response.status not in {_OK, _CONFLICT, _NOT_FOUND}:
            raise ApiRefusedError(f"{method} {path} answered {response.status}: {answer.get('detail')}")
        return response.status, answer


def read_attempt_state(body: Mapping[str, Any]) -> AttemptState:
    """Return the attempt of a response of the API. Raises ApiUnavailableError if its token is missing."""
    _require_token(body)
    return AttemptState(body["attempt"], body["token"], JobStatus(body["status"]), body.get("owner", ""))


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
