"""The API as the dispatcher uses it."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Self

import aiohttp

from oa_shared.errors import OaError
from oa_shared.status import JobStatus
from oa_shared.tracing import trace_headers

_TIMEOUT_S = 20
_OK, _CONFLICT, _NOT_FOUND, _SERVER_ERROR = 200, 409, 404, 500
# Not the request's fault: the secret is being changed, or there were too many calls.
_LATER = frozenset({401, 403, 429})
PAGE = 100


class ApiUnavailableError(OaError):
    """The API did not answer, or answered that it cannot."""

    code = "api.unavailable"
    title = "The API is not available."
    retryable = True


class ApiRefusedError(OaError):
    """The API answered that the request is wrong."""

    code = "api.refused"
    title = "The API refused the request."


class ApiClient:
    """Every method raises ApiUnavailableError or ApiRefusedError."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url.rstrip("/")
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"secret": self._secret}, timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def job(self, job: int) -> dict[str, Any] | None:
        """Return a job, or None when there is none."""
        status, body = await self._call("GET", f"/api/job/{job}")
        if status == _NOT_FOUND:
            return None
        return _with_token(body)

    async def report(self, job: int, change: Mapping[str, Any]) -> bool:
        """Report a move; False when the job has moved on meanwhile."""
        status, _ = await self._call("PATCH", f"/api/job/{job}", body=change)
        return status == _OK

    async def pages(
        self, *statuses: JobStatus, created_after: datetime | None = None
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield every job in one of the statuses, newest first, a hundred at a time."""
        parameters = {"status": ",".join(statuses), "limit": str(PAGE)}
        if created_after is not None:
            parameters["after"] = created_after.isoformat()
        while True:
            _, body = await self._call("GET", "/api/job", parameters=parameters)
            found = [_with_token(job) for job in body["jobs"]]
            if found:
                yield found
            if len(found) < PAGE:
                return
            parameters["cursor"] = str(found[-1]["id"])

    async def _call(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[int, Any]:
        if self._session is None:
            raise ApiUnavailableError("the client is not open")
        try:
            url, headers = self._url + path, trace_headers()
            async with self._session.request(method, url, params=parameters, json=body, headers=headers) as response:
                answer = await response.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise ApiUnavailableError(f"{method} {path}: {type(error).__name__}") from error
        if response.status >= _SERVER_ERROR or response.status in _LATER:
            raise ApiUnavailableError(f"{method} {path} answered {response.status}")
        if response.status not in {_OK, _CONFLICT, _NOT_FOUND}:
            raise ApiRefusedError(f"{method} {path} answered {response.status}: {answer.get('detail')}")
        return response.status, answer


def _with_token(job: dict[str, Any]) -> dict[str, Any]:
    """Return a job that the API showed whole: without the shared secret it hides the token, and nothing is known."""
    if "token" not in job:
        raise ApiUnavailableError("the API does not accept the shared secret")
    return job
