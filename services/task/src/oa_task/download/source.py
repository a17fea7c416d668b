"""Download of all data of an entry, by any protocol."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from oa_shared.json_types import JsonMapping
from oa_shared.public_http import Guard
from oa_task.definition.task_entry import TaskEntry, needed_columns
from oa_task.download.attempts import TransientError
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.ftp import SCHEMES, FtpDownload
from oa_task.download.http import HttpDownload
from oa_task.download.limits import DownloadLimits, OnProgress
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.s3 import SCHEME, https_address
from oa_task.download.unchanged_input import UnchangedInputError, is_same_input, recorded_parts
from oa_task.results.previous_result import PreviousResult
from oa_task.runtime.progress import Progress

log = structlog.get_logger()
BYTES, FEATURES = "download", "fetch"


@dataclass(frozen=True, slots=True)
class SourceDownload:
    """Downloads the parts of the data of an entry in order, each into its own folder below `folder`.

    With `keeps_unchanged` the files of `previous` stay if no part has changed; with `verifies` the bytes decide that,
    whatever the server says.
    """

    entry: TaskEntry
    folder: Path
    guard: Guard
    limits: DownloadLimits
    progress: Progress
    previous: PreviousResult | None = None
    keeps_unchanged: bool = False
    verifies: bool = False

    def growing_files(self) -> list[Path]:
        """Create an empty file for each part of an ArcGIS source, for a reader to follow, and return the paths."""
        from oa_task.download.esri.feature_lines import FILE_NAME  # noqa: PLC0415 - most data is a file

        paths = [self._part(index) / FILE_NAME for index in range(len(self.entry.urls))]
        for path in paths:
            path.touch()
        return paths

    async def fetch(self) -> list[DownloadedFile]:
        """Download all parts in order. Raises TaskFailure, and UnchangedInputError if the earlier files stay."""
        stored = [self._previous_part(index) for index in range(len(self.entry.urls))]
        raws = await self._fetch_parts(stored)
        return [replace(raw, request=self._request(index)) for index, raw in enumerate(raws)]

    async def _fetch_parts(self, stored: Sequence[PreviousDownload | None]) -> list[DownloadedFile]:
        raws = [await self._fetch_part(index, part) for index, part in enumerate(stored)]
        if not self.keeps_unchanged or self.previous is None:
            return raws
        if is_same_input(raws, self.previous.manifest):
            raise UnchangedInputError
        return [await self._restore_deferred(index, part, raws[index]) for index, part in enumerate(stored)]

    async def _fetch_part(self, index: int, stored: PreviousDownload | None) -> DownloadedFile:
        log.info("download_started", part=index + 1, parts=len(self.entry.urls), protocol=self.entry.protocol)
        raw = await self._fetch(self.entry.urls[index].strip(), self._part(index), stored)
        facts = {"bytes": raw.size_bytes, "sha256": raw.sha256, "not_modified": raw.not_modified}
        log.info("download_ended", url=raw.url, etag=raw.etag, last_modified=raw.last_modified, **facts)
        return raw

    async def _restore_deferred(
        self, index: int, stored: PreviousDownload | None, raw: DownloadedFile
    ) -> DownloadedFile:
        """Return a part with its file on disk, which was not copied while all parts might have been unchanged."""
        if stored is None or not raw.not_modified:
            return raw
        stored.is_deferred = False
        try:
            return await stored.restore(raw.path.parent, raw.path.name)
        except TransientError as error:
            log.warning("stored_copy_unusable", error=error.failure.message)
            return await self._fetch_part(index, None)

    async def _fetch(self, address: str, folder: Path, stored: PreviousDownload | None) -> DownloadedFile:
        """Select the client by the scheme of the URL: definitions name `http` for FTP URLs and `ftp` for HTTP URLs."""
        scheme = address.partition(":")[0].lower()
        headers = self.entry.headers
        if self.entry.is_esri:
            from oa_task.download.esri.download import EsriDownload  # noqa: PLC0415 - likewise

            esri = EsriDownload(self.guard, self.limits, headers, needed_columns(self.entry))
            return await esri.fetch(address, folder, self._on_progress(FEATURES), stored=stored)
        if scheme in SCHEMES:
            return await FtpDownload(self.guard, self.limits).fetch(
                address, folder, self._on_progress(BYTES), stored=stored
            )
        if scheme == SCHEME:
            address = https_address(address)
        return await HttpDownload(self.guard, self.limits, headers).fetch(
            address, folder, self._on_progress(BYTES), stored=stored
        )

    def _on_progress(self, phase: str) -> OnProgress:
        return lambda done, total: self.progress(phase, done, total)

    def _part(self, index: int) -> Path:
        folder = self.folder / str(index)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _request(self, index: int) -> str:
        """Return a digest of what the definition says about a request: a server may answer another one otherwise."""
        headers = sorted((name.lower(), value) for name, value in self.entry.headers.items())
        text = json.dumps([self.entry.urls[index].strip(), self.entry.is_esri, headers])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _is_same_request(self, index: int, part: JsonMapping) -> bool:
        """Return whether a part was requested the same way; for a part without a digest, the fingerprint decides."""
        recorded = part.get("request")
        return self.keeps_unchanged if recorded is None else recorded == self._request(index)

    def _previous_part(self, index: int) -> PreviousDownload | None:
        if self.previous is None or self.verifies:
            return None
        parts = recorded_parts(self.previous.manifest)
        if index >= len(parts) or not self._is_same_request(index, parts[index]):
            return None
        return PreviousDownload(self.previous, parts[index], index, is_deferred=self.keeps_unchanged)
