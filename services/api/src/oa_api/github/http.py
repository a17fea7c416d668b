"""The HTTP session for GitHub: public addresses only, bounded bodies, errors by whether a retry helps."""

import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import aiohttp
from yarl import URL

from oa_api.github.errors import GitHubRefusedError, GitHubUnavailableError
from oa_shared.bounded_body import BodyTooLargeError, read_body
from oa_shared.large_bodies import TooManyValuesError, decode_json
from oa_shared.public_http import AddressRefusedError, Guard, public_session

TIMEOUT = aiohttp.ClientTimeout(total=20)
MAX_BYTES = 16 * 1024 * 1024
_USER_AGENT = "openaddresses-batch"
_CHUNK_BYTES = 1 << 18
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LIMITED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
# Where GitHub does not state a pause, it requires at least a minute, and longer pauses while the limit continues.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 60.0, 3600.0
_MAX_REFUSAL_BYTES = 65_536
_RATE_LIMIT = re.compile(r"secondary[ -]rate[ -]limit|rate limit exceeded|abuse detection", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GitHubResponse:
    """A response of status 200 to 299; `next_url` is the next page of a list."""

    body: bytes
    next_url: URL | None

    async def json(self) -> object:
        """Return the decoded body. Raises GitHubUnavailableError for a body that is not JSON."""
        try:
            return await decode_json(self.body)
        except (ValueError, RecursionError) as error:
            raise GitHubUnavailableError("the response of GitHub is not JSON") from error
        except TooManyValuesError as error:
            raise GitHubRefusedError(error.detail, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from error


class GitHubHttp:
    """Sends requests to public addresses, and to hosts that the settings allow; opened with `async with`."""

    def __init__(self, allowed_hosts: Iterable[str] = (), *, timeout: aiohttp.ClientTimeout = TIMEOUT) -> None:
        self._guard = Guard(allowed_hosts)
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {"User-Agent": _USER_AGENT}
        self._session = public_session(self._guard, timeout=self._timeout, headers=headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str],
        json_body: object = None,
        form: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> GitHubResponse:
        """Send a request and return the response. Raises GitHubUnavailableError, GitHubRefusedError.

        A body above `max_bytes` is refused with status 413.
        """
        async with self._open(method, url, headers=headers, json=json_body, data=form) as response:
            try:
                body = await read_body(response, max_bytes=max_bytes)
            except BodyTooLargeError as error:
                raise GitHubRefusedError(str(error), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from error
            next_link = response.links.get("next")
            next_url = next_link.get("url") if next_link else None
            return GitHubResponse(body, next_url if isinstance(next_url, URL) else None)

    async def download(
        self, url: URL, *, accept: str = "*/*", max_bytes: int, max_redirects: int = 3
    ) -> AsyncIterator[bytes]:
        """Yield the body at a URL, after redirects. Raises GitHubUnavailableError, GitHubRefusedError."""
        size_bytes = 0
        async with self._open("GET", url, headers={"Accept": accept}, max_redirects=max_redirects) as response:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    detail = f"{url} is larger than {max_bytes:,} bytes"
                    raise GitHubRefusedError(detail, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                yield chunk

    @asynccontextmanager
    async def _open(
        self, method: str, url: URL, *, max_redirects: int = 0, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield a response of status 200 to 299; errors inside the block are translated too."""
        if self._session is None:
            raise GitHubUnavailableError("the session is not open")
        try:
            for _ in range(max_redirects + 1):
                self._guard.check(url)
                async with self._session.request(method, url, allow_redirects=False, **options) as response:
                    if max_redirects and response.status in _REDIRECTS:
                        url = _redirect_target(response, url)
                        continue
                    await _check_status(response, f"{method} {url.origin()}{url.path}")
                    yield response
                    return
        except AddressRefusedError as error:
            raise GitHubRefusedError(error.detail) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise GitHubUnavailableError(f"{method} {url.origin()}{url.path}: {type(error).__name__}") from error
        raise GitHubRefusedError(f"more than {max_redirects} redirects to {url}")


def _redirect_target(response: aiohttp.ClientResponse, url: URL) -> URL:
    try:
        return url.join(URL(response.headers.get("Location", "")))
    except ValueError as error:
        raise GitHubRefusedError(f"{url.origin()}{url.path} redirects to an invalid URL: {error}") from error


async def _check_status(response: aiohttp.ClientResponse, request: str) -> None:
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return
    detail = f"{request} returned {response.status}"
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status == HTTPStatus.REQUEST_TIMEOUT:
        raise GitHubUnavailableError(detail)
    if response.status in _LIMITED:
        pause_s = _stated_pause(response)
        if pause_s is not None:
            raise GitHubUnavailableError(f"{detail}: rate limit", pause_s=pause_s)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS or await _is_rate_limit(response):
            raise GitHubUnavailableError(f"{detail}: rate limit", pause_s=SHORTEST_PAUSE_S, is_pause_known=False)
    raise GitHubRefusedError(detail, status=response.status)


def _stated_pause(response: aiohttp.ClientResponse) -> float | None:
    """Return for how many seconds GitHub accepts no requests, or None if the headers do not say.

    Both rate limits return 403 or 429: the primary one with `X-RateLimit-Remaining: 0`, the secondary one at times with
    `Retry-After`. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    retry_after = response.headers.get("Retry-After", "")
    if retry_after.isascii() and retry_after.isdigit():
        return min(max(float(retry_after), 1.0), LONGEST_PAUSE_S)
    reset = response.headers.get("X-RateLimit-Reset", "")
    if response.headers.get("X-RateLimit-Remaining") == "0" and reset.isascii() and reset.isdigit():
        return min(max(float(reset) - time.time(), 1.0), LONGEST_PAUSE_S)
    return None


async def _is_rate_limit(response: aiohttp.ClientResponse) -> bool:
    """Return whether the body of a refusal speaks of a rate limit: the secondary one may have no headers."""
    try:
        body = await read_body(response, max_bytes=_MAX_REFUSAL_BYTES)
    except BodyTooLargeError:
        return False
    return _RATE_LIMIT.search(body.decode("utf-8", "replace")) is not None
