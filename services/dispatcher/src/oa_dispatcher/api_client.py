"""The API as the dispatcher uses it."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import aiohttp

from oa_shared.errors import OaError
from oa_shared.status import JobStatus

_TIMEOUT_S = 20
_OK, _CONFLICT, _NOT_FOUND, _SERVER_ERROR = 200, 409, 404, 500
_PAGE = 100


class ApiUnavailableError(OaError):
    """The API did not answer, or answered that it cannot."""

    code = "api.unavailable"
    title = "The API is not available."
    retryable = True


class ApiRefusedError(OaError):
    """The API answered that the request is wrong, or the secret is."""

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
        return None if status == _NOT_FOUND else body

    async def report(self, job: int, change: Mapping[str, Any]) -> bool:
        """Report a move; False when the job has moved on meanwhile."""
        status, _ = await self._call("PATCH", f"/api/job/{job}", body=change)
        return status == _OK

    async def jobs(self, *statuses: JobStatus) -> AsyncIterator[dict[str, Any]]:
        """Yield every job in one of the statuses, newest first."""
        parameters = {"status": ",".join(statuses), "limit": str(_PAGE)}
        while True:
            _, body = await self._call("GET", "/api/job", parameters=parameters)
            found = body["jobs"]
            for job in found:
                yield job
            if len(found) < _PAGE:
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
            async with self._session.request(method, self._url + path, params=parameters, json=body) as response:
                answer = await response.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise ApiUnavailableError(f"{method} {path}: {type(error).__name__}") from error
        if response.status >= _SERVER_ERROR:
            raise ApiUnavailableError(f"{method} {path} answered {response.status}")
        if response.status not in {_OK, _CONFLICT, _NOT_FOUND}:
            raise ApiRefusedError(f"{method} {path} answered {response.status}: {answer.get('detail')}")
        return response.status, answer
