"""Download of a file over HTTP, with resumption after a drop, a check of the length, and conditional requests."""

import asyncio
import re
import warnings
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import aiohttp
from yarl import URL

from oa_shared.public_http import Guard
from oa_task.download.attempts import TransientError, with_attempts
from oa_task.download.content_encoding import ContentEncodingError, content_encodings, decode_file
from oa_task.download.downloaded_file import DownloadedFile, file_name, without_login
from oa_task.download.limits import DownloadLimits, OnProgress
from oa_task.download.not_modified import is_confirmed
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.requests import Requests, open_requests, read_start
from oa_task.download.shown_url import shown_url
from oa_task.download.validators import final_location, usable_validators
from oa_task.results.checksums import sha256_of
from oa_task.runtime.failure import TaskFailure

_CHUNK_BYTES = 1 << 18
_START_BYTES = 64 * 1024
_IF_CHANGED = frozenset({"If-None-Match", "If-Modified-Since"})
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")


@dataclass(slots=True)
class _Partial:
    """The part of a file that is on disk, and its version."""

    path: Path
    total: int | None = None
    validator: str | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Return the number of bytes on disk."""
        return self.path.stat().st_size if self.path.exists() else 0

    def discard(self) -> None:
        """Delete the bytes and forget their version."""
        self.path.unlink(missing_ok=True)
        self.total = self.validator = None
        self.versions = {}

    def conditions(self, stored: PreviousDownload | None) -> dict[str, str]:
        """Return the headers that request the rest of this version, or any version other than the stored one."""
        if self.size_bytes:
            same_version = {"If-Range": self.validator} if self.validator else {}
            return {"Range": f"bytes={self.size_bytes}-", **same_version}
        return stored.conditions() if stored else {}


class HttpDownload:
    """Downloads one URL."""

    def __init__(self, guard: Guard, limits: DownloadLimits, headers: dict[str, str]) -> None:
        self._guard = guard
        self._limits = limits
        self._headers = headers

    async def fetch(
        self, address: str, folder: Path, on_progress: OnProgress, *, stored: PreviousDownload | None = None
    ) -> DownloadedFile:
        """Save the file in `folder`; report the bytes done and announced to `on_progress`. Raises TaskFailure."""
        try:
            async with (
                asyncio.timeout(self._limits.total_s),
                open_requests(self._guard, self._limits, self._headers) as requests,
            ):
                return await self._with_tries(requests, requests.parse_url(address), folder, on_progress, stored=stored)
        except TimeoutError as error:
            raise TaskFailure(
                "upstream.timeout", f"the download took longer than {self._limits.total_s:g} s"
            ) from error

    async def _with_tries(
        self, requests: Requests, url: URL, folder: Path, on_progress: OnProgress, *, stored: PreviousDownload | None
    ) -> DownloadedFile:
        partial = _Partial(folder / "partial")
        known = stored if stored and stored.url == without_login(url) else None
        return await with_attempts(lambda: self._get(requests, url, partial, on_progress, stored=known), self._limits)

    async def _get(
        self,
        requests: Requests,
        url: URL,
        partial: _Partial,
        on_progress: OnProgress,
        *,
        stored: PreviousDownload | None,
    ) -> DownloadedFile:
        conditions = partial.conditions(stored)
        headers = {"Accept-Encoding": "identity", **conditions}
        async with requests.send(url, headers=headers) as response:
            if response.status == HTTPStatus.NOT_MODIFIED and stored is not None and _IF_CHANGED & conditions.keys():
                if await is_confirmed(requests, url, response, stored):
                    return await stored.restore(partial.path.parent)
                return await self._get(requests, url, partial, on_progress, stored=stored)
            if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and partial.size_bytes:
                partial.discard()
                raise TransientError(
                    "upstream.truncated", f"{shown_url(response.url)} has no further bytes: starting over"
                )
            await _check_response(requests, response)
            await self._save(response, partial, on_progress)
        return await self._finish(requests, response, url, partial)

    async def _save(self, response: aiohttp.ClientResponse, partial: _Partial, on_progress: OnProgress) -> None:
        done = _start(response, partial)
        if (partial.total or 0) > self._limits.size_bytes:
            text = f"{shown_url(response.url)} has {partial.total:,} bytes; the limit is {self._limits.size_bytes:,}"
            raise TaskFailure("source.too_large", text)
        with partial.path.open("ab") as file:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                if done > self._limits.size_bytes:
                    text = f"{shown_url(response.url)} has more bytes than the limit of {self._limits.size_bytes:,}"
                    raise TaskFailure("source.too_large", text)
                on_progress(done, partial.total)
        if partial.total is not None and done != partial.total:
            if done > partial.total:
                partial.discard()
            raise TransientError(
                "upstream.truncated", f"{shown_url(response.url)} sent {done:,} of {partial.total or done:,} bytes"
            )

    async def _finish(
        self, requests: Requests, response: aiohttp.ClientResponse, url: URL, partial: _Partial
    ) -> DownloadedFile:
        """Name the file; decompress it if the server has compressed it without a request to do so."""
        path = partial.path.with_name(file_name(response.url, _name_in_header(response)))
        encodings = content_encodings(response.headers.get("Content-Encoding", ""))
        if path.suffix == ".gz" and encodings[-1:] in (["gzip"], ["x-gzip"]):
            encodings.pop()  # the file is compressed, not its transfer
        if encodings:
            await self._decode(response, partial, encodings)
        with partial.path.open("rb") as file:
            start = file.read(_START_BYTES)
        try:
            requests.check_markup(url, start, response)
        except TransientError:
            partial.discard()
            raise
        partial.path.rename(path)
        etag, last_modified = usable_validators(response.headers)
        digest = await asyncio.to_thread(sha256_of, path)
        return DownloadedFile(
            path,
            without_login(url),
            path.stat().st_size,
            digest,
            etag,
            last_modified,
            answer=requests.answer(response, start),
            location=final_location(url, response.url),
        )

    async def _decode(self, response: aiohttp.ClientResponse, partial: _Partial, encodings: list[str]) -> None:
        plain = partial.path.with_suffix(".plain")
        try:
            await decode_file(partial.path, plain, encodings, most_bytes=self._limits.size_bytes)
        except ContentEncodingError as error:
            partial.discard()
            text = f"{shown_url(response.url)}: the content encoding {', '.join(encodings)} is corrupt: {error}"
            raise TransientError("upstream.truncated", text) from error
        except TaskFailure as failure:
            raise TaskFailure(failure.code, f"{shown_url(response.url)}: {failure.message}") from failure
        plain.replace(partial.path)


async def _check_response(requests: Requests, response: aiohttp.ClientResponse) -> None:
    if response.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return
    requests.check_status(response, await read_start(response))
    if response.status == HTTPStatus.NOT_MODIFIED:
        text = f"{shown_url(response.url)} returned HTTP 304, though the request had no condition"
        raise TransientError("upstream.http_5xx", text)
    if response.status == HTTPStatus.ACCEPTED:
        raise TransientError(
            "upstream.http_5xx", f"{shown_url(response.url)} returned HTTP 202: the data is not ready yet"
        )
    raise TaskFailure("source.not_found", f"{shown_url(response.url)} returned HTTP {response.status}")


def _name_in_header(response: aiohttp.ClientResponse) -> str | None:
    """Return the file name in `Content-Disposition`, None if it is absent or malformed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # aiohttp warns of a malformed header
        disposition = response.content_disposition
    return disposition.filename if disposition is not None else None


def _start(response: aiohttp.ClientResponse, partial: _Partial) -> int:
    """Discard the bytes of any other version; return the number of bytes of this version on disk."""
    if response.status == HTTPStatus.PARTIAL_CONTENT and _continues(response, partial):
        return partial.size_bytes
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        partial.discard()
        raise TransientError(
            "upstream.truncated", f"{shown_url(response.url)} sends different bytes than requested: starting over"
        )
    partial.discard()
    partial.total = response.content_length
    partial.versions = _versions(response)
    etag = response.headers.get("ETag")
    partial.validator = response.headers.get("Last-Modified") if etag is None or etag.startswith("W/") else etag
    return 0


def _versions(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return what a response states about its version."""
    return {name: response.headers[name] for name in ("ETag", "Last-Modified") if name in response.headers}


def _continues(response: aiohttp.ClientResponse, partial: _Partial) -> bool:
    """Return whether a part follows the bytes on disk and belongs to the same version, as far as it states one.

    Not all servers obey `If-Range`, and a request has none if the first response had no strong validator.
    """
    if any(partial.versions.get(name, value) != value for name, value in _versions(response).items()):
        return False
    content_range = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if content_range is None:
        return partial.total is not None and partial.size_bytes + (response.content_length or 0) == partial.total
    start, total = content_range.groups()
    if partial.total is None and total != "*":
        partial.total = int(total)
    return int(start) == partial.size_bytes and total in {"*", str(partial.total)}
