"""Requests to strangers' servers: every hop checked, every answer limited, every failure given its code."""

import email.utils
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from oa_shared.public_http import AddressRefusedError, Guard, public_session
from oa_task.download.downloaded_file import without_login
from oa_task.download.limits import DownloadLimits
from oa_task.download.s3 import in_region
from oa_task.runtime.failure import TaskFailure

USER_AGENT = "openaddresses-batch/1.0 (+https://github.com/openaddresses)"
_CLIENT_CLOSED = 499
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEAD_BYTES = 4096
_LONGEST_SHOWN = 300
_SECRET_FIELDS = (b'type="password"', b"type='password'", b"type=password")


class TransientError(Exception):
    """A request failed in a way that may pass; `failure` is what it means when it does not."""

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.failure = TaskFailure(code, message)
        self.retry_after_s = retry_after_s


class Requests:
    """One session with the guard in its resolver; redirects are followed here, so that each is checked."""

    def __init__(
        self, session: aiohttp.ClientSession, guard: Guard, limits: DownloadLimits, headers: Mapping[str, str]
    ) -> None:
        self._session = session
        self._guard = guard
        self._limits = limits
        self._headers = headers

    def address(self, text: str) -> URL:
        """Return an address that may be asked. Raises TaskFailure source.schema or source.address_refused."""
        try:
            return self._guard.check(URL(text.strip()))
        except ValueError as error:
            raise TaskFailure("source.schema", f"{text[:200]!r} is not an address: {error}") from error
        except AddressRefusedError as error:
            raise TaskFailure("source.address_refused", error.detail) from error

    @asynccontextmanager
    async def ask(
        self, url: URL, *, method: str = "GET", headers: Mapping[str, str] | None = None, data: Any = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer behind all redirects. The definition's own headers go to its own host only.

        Raises Trouble upstream.timeout or upstream.connection, TaskFailure source.not_found or
        source.address_refused.
        """
        current = url
        for _ in range(self._limits.redirects + 1):
            own = self._headers if current.host == url.host else {}
            given = {"User-Agent": USER_AGENT, **own, **(headers or {})}
            async with (
                _troubled(current),
                self._session.request(method, current, headers=given, data=data, allow_redirects=False) as response,
            ):
                if response.status not in _REDIRECTS:
                    yield response
                    return
                current = self._guard.check(_target(response, current))
        raise TaskFailure("source.not_found", f"{url} redirects more than {self._limits.redirects} times")


@asynccontextmanager
async def open_requests(
    guard: Guard, limits: DownloadLimits, headers: Mapping[str, str] | None = None, *, decode: bool = False
) -> AsyncIterator[Requests]:
    """Open a session; `decode` undoes Content-Encoding."""
    timeout = aiohttp.ClientTimeout(total=limits.total_s, sock_connect=limits.connect_s, sock_read=limits.stall_s)
    async with public_session(guard, timeout=timeout, auto_decompress=decode) as session:
        yield Requests(session, guard, limits, headers or {})


def _target(response: aiohttp.ClientResponse, current: URL) -> URL:
    """Return where a redirect leads; S3 names no address, only the region of a bucket."""
    location, region = response.headers.get("Location"), response.headers.get("x-amz-bucket-region")
    if location is None and region is not None:
        return in_region(current, region)
    try:
        return current.join(URL(location or ""))
    except ValueError as error:
        raise TaskFailure("source.not_found", f"{_shown(current)} redirects to no address: {error}") from error


def check_status(response: aiohttp.ClientResponse) -> None:
    """Raise Trouble for a status that may pass, TaskFailure source.* for one that will not."""
    status, text = response.status, f"{response.url} answered {response.status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TransientError("upstream.throttled", text, retry_after_s=retry_after_s(response))
    if status in {_CLIENT_CLOSED, HTTPStatus.REQUEST_TIMEOUT} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TransientError("upstream.http_5xx", text, retry_after_s=retry_after_s(response))
    if status == HTTPStatus.UNAUTHORIZED:
        raise TaskFailure("source.token_required", text)
    if status >= HTTPStatus.BAD_REQUEST or status < HTTPStatus.OK:
        raise TaskFailure("source.not_found", text)


def check_markup(head: bytes, where: str) -> None:
    """Raise for a web page in place of data: TaskFailure source.token_required when it asks for a password."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:_HEAD_BYTES].lower()
    if not start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return
    if any(field in head.lower() for field in _SECRET_FIELDS):
        raise TaskFailure("source.token_required", f"{where} answered with a page that asks for a password")
    raise TransientError("upstream.http_5xx", f"{where} answered with a web page where data should be")


def retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    """Return the wait that a server asks for, in seconds or as a date; None when it asks for none."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        if text.isdecimal():
            return float(text)
        moment = email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


@asynccontextmanager
async def _troubled(url: URL) -> AsyncIterator[None]:
    """Turn the failures of a connection into Trouble, a refused address into TaskFailure source.address_refused."""
    try:
        yield
    except AddressRefusedError as error:
        raise TaskFailure("source.address_refused", error.detail) from error
    except TimeoutError as error:
        raise TransientError("upstream.timeout", f"{_shown(url)} was silent for too long: {error}") from error
    except aiohttp.ClientPayloadError as error:
        raise TransientError("upstream.truncated", f"{_shown(url)}: the connection ended too early: {error}") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        refusal = _refusal(error)
        if refusal is not None:
            raise TaskFailure("source.address_refused", refusal.detail) from error
        raise TransientError("upstream.connection", f"{_shown(url)}: {type(error).__name__}: {error}") from error


def _shown(url: URL) -> str:
    return without_login(url)[:_LONGEST_SHOWN]


def _refusal(error: BaseException) -> AddressRefusedError | None:
    """Return the refusal of an address that a connection error is wrapped around, if there is one."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, AddressRefusedError):
        cause = cause.__cause__ or cause.__context__
    return cause
