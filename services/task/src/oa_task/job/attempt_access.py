"""The requests of a container with the token of its attempt: credentials for its files, URLs of its inputs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import aiohttp
import structlog

from oa_shared.attempt_keys import AttemptKeys
from oa_shared.errors import OaError
from oa_shared.json_types import JsonMapping
from oa_shared.json_values import json_integer, json_object, json_text
from oa_shared.waiting import growing_pauses
from oa_task.job.settings import JobSettings

log = structlog.get_logger()
_TIMEOUT_S = 30
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_REFUSALS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT})
_Answer = TypeVar("_Answer")


class AttemptOverError(OaError):
    """The API does not know this container as that of an open attempt: nothing that it does counts."""

    code = "attempt.over"
    title = "The attempt is over."


class AccessUnavailableError(OaError):
    """The API did not answer or cannot answer now."""

    code = "access.unavailable"
    title = "The API is not available."
    retryable = True


@dataclass(frozen=True, slots=True)
class TimedKeys:
    """Credentials with the monotonic time at which they end, on the clock of this container."""

    keys: AttemptKeys
    ends_at: float

    @property
    def remaining_s(self) -> float:
        """Return for how many seconds they are valid; negative once they have ended."""
        return self.ends_at - time.monotonic()


class AttemptAccess:
    """A client of the endpoints of one attempt; each call is one request."""

    def __init__(self, settings: JobSettings) -> None:
        self._url = f"{settings.api_url.rstrip('/')}/api/job/{settings.job}/attempt/{settings.attempt}"
        self._token = settings.token

    async def fetch_keys(self) -> TimedKeys | None:
        """Return new credentials for the files of the attempt; None if the API issues none.

        Raises AttemptOverError, AccessUnavailableError. The API of the previous version has no such endpoint, and
        issues none.
        """
        asked_at = time.monotonic()
        try:
            body = await self._post("credentials", {})
        except NotOfferedError:
            log.warning("credentials_not_offered")
            return None
        if "credentials" in body and body["credentials"] is None:
            return None
        keys = _read_keys(json_object(body.get("credentials")))
        return TimedKeys(keys, asked_at + keys.valid_s)

    async def sign_inputs(self, keys: Sequence[str]) -> dict[str, str]:
        """Return a URL for each input of the plan, at most 100. Raises AttemptOverError, AccessUnavailableError."""
        body = await self._post("inputs", {"keys": list(keys)})
        listed = body.get("inputs")
        inputs = [json_object(item) for item in listed] if isinstance(listed, list) else []
        urls = {json_text(item.get("key")) or "": json_text(item.get("url")) or "" for item in inputs}
        missing = [key for key in keys if not urls.get(key)]
        if missing:
            raise AccessUnavailableError(f"the API returned no URL of {missing[0]}")
        return urls

    async def _post(self, name: str, fields: Mapping[str, object]) -> JsonMapping:
        return await post_to_api(f"{self._url}/{name}", {"token": self._token, **fields})


async def post_to_api(url: str, fields: Mapping[str, object]) -> JsonMapping:
    """Send one request of a container and return the body of the response.

    Raises AttemptOverError, AccessUnavailableError, or its subclass NotOfferedError.
    """
    name = url.rpartition("/")[2]
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            # A redirect would send the token to another server.
            session.post(url, json=dict(fields), allow_redirects=False) as response,
        ):
            body = json_object(await response.json(content_type=None))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise AccessUnavailableError(f"{name}: {type(error).__name__}") from error
    if response.status in _REFUSALS:
        raise AttemptOverError(f"{name}: {response.status}: {json_text(body.get('detail'))}")
    if response.status == HTTPStatus.NOT_FOUND:
        raise NotOfferedError(f"{name}: the API has no such endpoint or job")
    if response.status != HTTPStatus.OK:
        raise AccessUnavailableError(f"{name}: the API answered {response.status}")
    return body


class NotOfferedError(AccessUnavailableError):
    """The API has no such endpoint, or no such job."""


async def wait_for_answer(call: Callable[[], Awaitable[_Answer]], *, give_up_at: float) -> _Answer:
    """Return the result of a call, repeated with growing pauses while the API is unavailable, until a monotonic time.

    Raises AttemptOverError at once, AccessUnavailableError after `give_up_at`.
    """
    pauses = growing_pauses(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
    while True:
        try:
            return await call()
        except AccessUnavailableError as error:
            pause_s = next(pauses)
            if time.monotonic() + pause_s > give_up_at:
                raise
            log.warning("api_awaited", error=error.detail, retry_in_s=round(pause_s, 1))
        await asyncio.sleep(pause_s)


def _read_keys(credentials: JsonMapping) -> AttemptKeys:
    """Return credentials of a response. Raises AccessUnavailableError."""
    names = ("access_key_id", "secret_access_key", "session_token")
    access_key, secret_key, session_token = (json_text(credentials.get(name)) for name in names)
    valid_s = json_integer(credentials.get("valid_s"))
    if not (access_key and secret_key and session_token and valid_s > 0):
        raise AccessUnavailableError("credentials: the response of the API is incomplete")
    return AttemptKeys(access_key, secret_key, session_token, valid_s)
