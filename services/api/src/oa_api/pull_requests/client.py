"""HTTP to GitHub's API, and nowhere else: tokens, pages, limits, errors."""

import json
import time
from http import HTTPStatus
from typing import Any, Self

import aiohttp
from yarl import URL

from oa_api.pull_requests.credentials import AppToken
from oa_api.pull_requests.errors import GitHubRefusedError, GitHubUnavailableError
from oa_shared.public_http import AddressRefusedError, Guard, public_session

RAW = "application/vnd.github.raw+json"
_JSON = "application/vnd.github+json"
_VERSION = "2022-11-28"
_TIMEOUT_S = 20
_MOST_BYTES = 16 * 1024 * 1024
_MOST_PAGES = 50
_PAUSE_S = 60.0
_LONGEST_PAUSE_S = 3600.0
_LIMITED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


class GitHubClient:
    """Asks one GitHub, within its limits: while it wants a pause, nothing is sent."""

    def __init__(self, url: str, credentials: AppToken, allowed_hosts: tuple[str, ...] = ()) -> None:
        self._url = URL(url)
        self.credentials = credentials
        self._guard = Guard(allowed_hosts)
        self._paused_until = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = public_session(self._guard, timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **query: str) -> Any:
        """Return the JSON at a path. Raises GitHubError."""
        return _decoded(await self._ask("GET", self._address(path, query)))

    async def text(self, path: str, *, most_bytes: int, **query: str) -> str:
        """Return a file as text. Raises GitHubError; GitHubRefusedError with status 413 or 415 for one of no use."""
        body, _ = await self._ask("GET", self._address(path, query), accept=RAW, most_bytes=most_bytes)
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            detail = f"the file is not UTF-8 (byte {error.start})"
            raise GitHubRefusedError(detail, status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE) from error

    async def pages(self, path: str, **query: str) -> list[Any]:
        """Return the items of all pages of a list. Raises GitHubError."""
        found: list[Any] = []
        address: URL | None = self._address(path, {"per_page": "100", **query})
        for _ in range(_MOST_PAGES):
            if address is None:
                return found
            answer = await self._ask("GET", address)
            decoded = _decoded(answer)
            found += decoded if isinstance(decoded, list) else next(v for v in decoded.values() if isinstance(v, list))
            address = self._next(answer[1])
        return found

    async def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Change something and return what GitHub answers. Raises GitHubError."""
        return _decoded(await self._ask(method, self._address(path, {}), body=body))

    def _address(self, path: str, query: dict[str, str]) -> URL:
        return URL(f"{str(self._url).rstrip('/')}{path}", encoded=True).with_query(query)

    def _next(self, links: Any) -> URL | None:
        """Return the next page, only ever of the same server: the token goes with the request."""
        url: URL | None = (links.get("next") or {}).get("url")
        return url if url is not None and url.origin() == self._url.origin() else None

    async def _ask(
        self, method: str, address: URL, *, body: Any = None, accept: str = _JSON, most_bytes: int = _MOST_BYTES
    ) -> tuple[bytes, Any]:
        """Ask with our token; once more with a new one when GitHub does not know it any more."""
        for is_last in (False, True):
            token = await self.credentials.token(self._ask_as_app)
            try:
                return await self._send(method, address, token, body=body, accept=accept, most_bytes=most_bytes)
            except GitHubRefusedError as error:
                if is_last or error.status != HTTPStatus.UNAUTHORIZED:
                    raise
                self.credentials.forget()
        raise GitHubRefusedError

    async def _ask_as_app(self, method: str, path: str, token: str) -> Any:
        return _decoded(await self._send(method, self._address(path, {}), token))

    async def _send(
        self,
        method: str,
        address: URL,
        token: str,
        *,
        body: Any = None,
        accept: str = _JSON,
        most_bytes: int = _MOST_BYTES,
    ) -> tuple[bytes, Any]:
        if self._session is None:
            raise GitHubUnavailableError("the client is not open")
        if (pause_s := self._paused_until - time.monotonic()) > 0:
            raise GitHubUnavailableError("GitHub asked for a pause", pause_s=pause_s)
        headers = {"Authorization": f"Bearer {token}", "Accept": accept, "X-GitHub-Api-Version": _VERSION}
        headers["User-Agent"] = "openaddresses-batch"
        what = f"{method} {address.path}"
        try:
            self._guard.check(address)
            async with self._session.request(
                method, address, json=body, headers=headers, allow_redirects=False
            ) as response:
                self._check(response, what)
                return await _read(response, what, most_bytes), response.links
        except AddressRefusedError as error:
            raise GitHubRefusedError(error.detail) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise GitHubUnavailableError(f"{what}: {type(error).__name__}") from error

    def _check(self, response: aiohttp.ClientResponse, what: str) -> None:
        if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            return
        pause_s = _pause_wanted(response)
        if pause_s is not None:
            self._paused_until = time.monotonic() + pause_s
            raise GitHubUnavailableError(f"{what}: GitHub limits requests", pause_s=pause_s)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status == HTTPStatus.REQUEST_TIMEOUT:
            raise GitHubUnavailableError(f"{what}: GitHub answered {response.status}")
        raise GitHubRefusedError(f"{what}: GitHub answered {response.status}", status=response.status)


def _decoded(answer: tuple[bytes, Any]) -> Any:
    try:
        return json.loads(answer[0])
    except ValueError as error:
        raise GitHubUnavailableError("GitHub's answer is not JSON") from error


def _pause_wanted(response: aiohttp.ClientResponse) -> float | None:
    """Return for how many seconds GitHub wants nothing from us, None when that is not what it says.

    Both of its limits answer 403 or 429: the hourly one with nothing remaining, the other with Retry-After.
    """
    if response.status not in _LIMITED:
        return None
    wanted = response.headers.get("Retry-After", "")
    if wanted.isascii() and wanted.isdigit():
        return min(float(wanted), _LONGEST_PAUSE_S)
    reset = response.headers.get("X-RateLimit-Reset", "")
    if response.headers.get("X-RateLimit-Remaining") == "0" and reset.isascii() and reset.isdigit():
        return min(max(float(reset) - time.time(), 1.0), _LONGEST_PAUSE_S)
    return _PAUSE_S if response.status == HTTPStatus.TOO_MANY_REQUESTS else None


async def _read(response: aiohttp.ClientResponse, what: str, most_bytes: int) -> bytes:
    found = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        found += chunk
        if len(found) > most_bytes:
            detail = f"{what}: larger than {most_bytes:,} bytes"
            raise GitHubRefusedError(detail, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return bytes(found)
