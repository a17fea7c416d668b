"""Downloading over HTTP from addresses that strangers wrote: checked, limited, resumed, verified."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath

import aiohttp
from yarl import URL

from oa_shared.guarded_http import AddressRefusedError, Guard, GuardedResolver
from oa_task.failure import TaskFailure

USER_AGENT = "openaddresses-batch/1.0 (+https://github.com/openaddresses)"
_CHUNK_BYTES = 1 << 18
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a download may cost; times are seconds."""

    size_bytes: int = 20 * 1024**3
    total_s: float = 4 * 3600
    stall_s: float = 60
    connect_s: float = 30
    redirects: int = 10
    tries: int = 4


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file as the server sent it."""

    path: Path
    url: str
    size_bytes: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None


class _Interrupted(Exception):  # noqa: N818 - a state, not an error
    """The connection ended before the announced length; what came is kept."""


class HttpDownload:
    """One file: follows redirects, continues where a dropped connection left off, and verifies the length."""

    def __init__(self, guard: Guard, limits: Limits, headers: dict[str, str]) -> None:
        self._guard = guard
        self._limits = limits
        self._headers = {"User-Agent": USER_AGENT, **headers}

    async def fetch(self, address: str, folder: Path, progress: Progress) -> Downloaded:
        """Save the file in `folder`. Raises TaskFailure source.* or upstream.*."""
        connector = aiohttp.TCPConnector(resolver=GuardedResolver(self._guard))
        timeout = aiohttp.ClientTimeout(
            total=self._limits.total_s, sock_connect=self._limits.connect_s, sock_read=self._limits.stall_s
        )
        try:
            async with aiohttp.ClientSession(
                connector=connector, timeout=timeout, headers=self._headers, auto_decompress=False
            ) as session:
                return await self._with_tries(session, self._url(address), folder, progress)
        except AddressRefusedError as error:
            raise TaskFailure("source.address_refused", error.detail) from error

    def _url(self, address: str) -> URL:
        try:
            return self._guard.check(URL(address))
        except ValueError as error:
            raise TaskFailure("source.schema", f"{address[:200]!r} is not an address: {error}") from error

    async def _with_tries(
        self, session: aiohttp.ClientSession, url: URL, folder: Path, progress: Progress
    ) -> Downloaded:
        partial = folder / "partial"
        for attempt in range(1, self._limits.tries + 1):
            try:
                return await self._get(session, url, partial, progress)
            except _Interrupted as error:
                reason = TaskFailure("upstream.truncated", f"{url}: {error}")
            except TimeoutError as error:
                reason = TaskFailure("upstream.timeout", f"{url} was silent for too long: {error}")
            except AddressRefusedError:
                raise
            except (aiohttp.ClientError, OSError) as error:
                _reraise_refusal(error)
                reason = TaskFailure("upstream.connection", f"{url}: {type(error).__name__}: {error}")
            if attempt < self._limits.tries:
                await asyncio.sleep(min(2 ** (attempt - 1), 10))
        raise reason

    async def _get(self, session: aiohttp.ClientSession, url: URL, partial: Path, progress: Progress) -> Downloaded:
        have = _size_bytes(partial)
        asked = {"Range": f"bytes={have}-"} if have else {}
        current = url
        for _ in range(self._limits.redirects + 1):
            async with session.get(current, headers=asked, allow_redirects=False) as response:
                if response.status in _REDIRECTS:
                    current = self._guard.check(current.join(URL(response.headers.get("Location", ""))))
                    continue
                _check_status(response)
                await self._save(response, partial, have, progress)
                return _finished(response, current, partial)
        raise TaskFailure("source.not_found", f"{url} redirects more than {self._limits.redirects} times")

    async def _save(self, response: aiohttp.ClientResponse, partial: Path, have: int, progress: Progress) -> None:
        is_continued = response.status == HTTPStatus.PARTIAL_CONTENT and have > 0
        done = have if is_continued else 0
        announced = response.content_length
        total = None if announced is None else done + announced
        if (total or 0) > self._limits.size_bytes:
            raise TaskFailure("source.too_large", f"{response.url} has {total:,} bytes")
        with partial.open("ab" if is_continued else "wb") as file:
            try:
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    file.write(chunk)
                    done += len(chunk)
                    if done > self._limits.size_bytes:
                        text = f"{response.url} is larger than {self._limits.size_bytes:,} bytes"
                        raise TaskFailure("source.too_large", text)
                    progress(done, total)
            except aiohttp.ClientPayloadError as error:
                raise _Interrupted(f"the connection ended after {done:,} of {total or 'unknown'} bytes") from error
        if total is not None and done < total:
            raise _Interrupted(f"{done:,} of {total:,} bytes came")


def _size_bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reraise_refusal(error: BaseException) -> None:
    """Raise the refusal of an address that a connection error is wrapped around, if there is one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefusedError):
            raise cause
        cause = cause.__cause__ or cause.__context__


def _check_status(response: aiohttp.ClientResponse) -> None:
    status, text = response.status, f"{response.url} answered {response.status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TaskFailure("upstream.throttled", text)
    if status in {499, HTTPStatus.REQUEST_TIMEOUT} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TaskFailure("upstream.http_5xx", text)
    if status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        raise TaskFailure("source.not_found", text)


def _finished(response: aiohttp.ClientResponse, url: URL, partial: Path) -> Downloaded:
    name = PurePosixPath(url.path).name or "data"
    path = partial.with_name(
        "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[-100:].lstrip(".") or "data"
    )
    partial.rename(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    headers = response.headers
    return Downloaded(path, str(url), path.stat().st_size, digest, headers.get("ETag"), headers.get("Last-Modified"))
