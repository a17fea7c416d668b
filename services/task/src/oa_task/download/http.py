"""One file over HTTP: continued where a dropped connection left off, its length verified, not fetched twice."""

import asyncio
import gzip
import re
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import aiohttp
from yarl import URL

from oa_shared.public_http import Guard
from oa_task.download.downloaded_file import DownloadedFile, file_name, without_login
from oa_task.download.limits import DownloadLimits
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.requests import Requests, TransientError, check_markup, check_status, open_requests
from oa_task.results.checksums import sha256_of
from oa_task.runtime.failure import TaskFailure

_CHUNK_BYTES = 1 << 18
_HEAD_BYTES = 64 * 1024
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_GZIP = b"\x1f\x8b"
Told = Callable[[int, int | None], None]


@dataclass(slots=True)
class _Partial:
    """What is there of a file, and of which version of it."""

    path: Path
    total: int | None = None
    validator: str | None = None
    response: aiohttp.ClientResponse | None = field(default=None, repr=False)

    @property
    def have(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.total = self.validator = None

    def conditions(self, stored: PreviousDownload | None) -> dict[str, str]:
        """Return the headers that ask for the rest of this version, or for a version other than the stored one."""
        if self.have:
            same = {"If-Range": self.validator} if self.validator else {}
            return {"Range": f"bytes={self.have}-", **same}
        return stored.conditions() if stored else {}


class HttpDownload:
    """Fetches one address."""

    def __init__(self, guard: Guard, limits: DownloadLimits, headers: dict[str, str]) -> None:
        self._guard = guard
        self._limits = limits
        self._headers = headers

    async def fetch(
        self, address: str, folder: Path, told: Told, *, stored: PreviousDownload | None = None
    ) -> DownloadedFile:
        """Save the file in `folder`; `told` hears of bytes done and announced. Raises TaskFailure."""
        try:
            async with (
                asyncio.timeout(self._limits.total_s),
                open_requests(self._guard, self._limits, self._headers) as requests,
            ):
                return await self._with_tries(requests, requests.address(address), folder, told, stored=stored)
        except TimeoutError as error:
            raise TaskFailure("upstream.timeout", f"it took more than {self._limits.total_s:g} s") from error

    async def _with_tries(
        self, requests: Requests, url: URL, folder: Path, told: Told, *, stored: PreviousDownload | None
    ) -> DownloadedFile:
        partial = _Partial(folder / "partial")
        known = stored if stored and stored.url == without_login(url) else None
        for attempt in range(1, self._limits.tries + 1):
            try:
                return await self._get(requests, url, partial, told, stored=known)
            except TransientError as trouble:
                if attempt == self._limits.tries:
                    raise trouble.failure from trouble
                await asyncio.sleep(self._limits.pause_s(attempt, trouble.retry_after_s))
        raise TaskFailure("bug.crash", "no tries are allowed")

    async def _get(
        self, requests: Requests, url: URL, partial: _Partial, told: Told, *, stored: PreviousDownload | None
    ) -> DownloadedFile:
        headers = {"Accept-Encoding": "identity", **partial.conditions(stored)}
        async with requests.ask(url, headers=headers) as response:
            if response.status == HTTPStatus.NOT_MODIFIED and stored is not None:
                return await stored.restored(partial.path.parent)
            if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and partial.have:
                partial.forget()
                raise TransientError("upstream.truncated", f"{response.url} has no more bytes: begun again")
            _check_answer(response)
            await self._save(response, partial, told)
        return await asyncio.to_thread(_finished, response, without_login(url), partial)

    async def _save(self, response: aiohttp.ClientResponse, partial: _Partial, told: Told) -> None:
        done = _begin(response, partial)
        if (partial.total or 0) > self._limits.size_bytes:
            raise TaskFailure("source.too_large", f"{response.url} has {partial.total:,} bytes")
        with partial.path.open("ab") as file:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                if done > self._limits.size_bytes:
                    text = f"{response.url} is larger than {self._limits.size_bytes:,} bytes"
                    raise TaskFailure("source.too_large", text)
                told(done, partial.total)
        if partial.total is not None and done != partial.total:
            if done > partial.total:
                partial.forget()
            raise TransientError(
                "upstream.truncated", f"{response.url}: {done:,} of {partial.total or done:,} bytes came"
            )


def _check_answer(response: aiohttp.ClientResponse) -> None:
    check_status(response)
    if response.status == HTTPStatus.ACCEPTED:
        raise TransientError("upstream.http_5xx", f"{response.url} answered 202: it is still making the data")
    if response.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        raise TaskFailure("source.not_found", f"{response.url} answered {response.status}")


def _begin(response: aiohttp.ClientResponse, partial: _Partial) -> int:
    """Return how many bytes of this version are there; what is there of another one is thrown away."""
    if response.status == HTTPStatus.PARTIAL_CONTENT and _continues(response, partial):
        return partial.have
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        partial.forget()
        raise TransientError(
            "upstream.truncated", f"{response.url} continues with other bytes than asked for: begun again"
        )
    partial.forget()
    partial.total = response.content_length
    etag = response.headers.get("ETag")
    partial.validator = response.headers.get("Last-Modified") if etag is None or etag.startswith("W/") else etag
    return 0


def _continues(response: aiohttp.ClientResponse, partial: _Partial) -> bool:
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if found is None:
        return partial.total is not None and partial.have + (response.content_length or 0) == partial.total
    if partial.total is None and found[2] != "*":
        partial.total = int(found[2])
    return int(found[1]) == partial.have and found[2] in {"*", str(partial.total)}


def _finished(response: aiohttp.ClientResponse, url: str, partial: _Partial) -> DownloadedFile:
    """Name the file, and undo the encoding that the server gave it though it was asked not to."""
    path = partial.path.with_name(file_name(response.url))
    if response.headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"} and path.suffix != ".gz":
        _decompress(partial, url)
    with partial.path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        check_markup(head, url)
    except TransientError:
        partial.forget()
        raise
    partial.path.rename(path)
    headers = response.headers
    size_bytes, digest = path.stat().st_size, sha256_of(path)
    return DownloadedFile(path, url, size_bytes, digest, headers.get("ETag"), headers.get("Last-Modified"))


def _decompress(partial: _Partial, url: str) -> None:
    plain = partial.path.with_suffix(".plain")
    try:
        with gzip.open(partial.path) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target, _CHUNK_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        partial.forget()
        raise TransientError("upstream.truncated", f"{url}: the transfer encoding is broken: {error}") from error
    plain.replace(partial.path)
