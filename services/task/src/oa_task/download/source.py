"""All data of an entry, whatever it is fetched with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from oa_shared.public_http import Guard
from oa_task.definition.source_entry import SourceEntry, needed_columns
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.esri.download import EsriDownload
from oa_task.download.esri.feature_lines import FILE_NAME
from oa_task.download.ftp import SCHEMES, FtpDownload
from oa_task.download.http import HttpDownload
from oa_task.download.limits import DownloadLimits, Progress
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.s3 import SCHEME, https_address
from oa_task.results.previous_result import PreviousResult

log = structlog.get_logger()
BYTES, FEATURES = "download", "fetch"


@dataclass(frozen=True, slots=True)
class SourceDownload:
    """Fetches the parts of an entry's data one after the other, each into a folder of its own below `folder`."""

    entry: SourceEntry
    folder: Path
    guard: Guard
    limits: DownloadLimits
    progress: Progress
    previous: PreviousResult | None = None

    def growing_files(self) -> list[Path]:
        """Return where the parts of an ArcGIS source will grow, empty as yet, so that they can be read meanwhile."""
        paths = [self._part(place) / FILE_NAME for place in range(len(self.entry.urls))]
        for path in paths:
            path.touch()
        return paths

    async def fetch(self) -> list[DownloadedFile]:
        """Fetch everything, in order. Raises TaskFailure."""
        parts = []
        for place, address in enumerate(self.entry.urls):
            log.info("download_started", part=place + 1, parts=len(self.entry.urls), protocol=self.entry.protocol)
            raw = await self._fetch(address.strip(), self._part(place), self._stored(place))
            facts = {"bytes": raw.size_bytes, "sha256": raw.sha256, "not_modified": raw.not_modified}
            log.info("download_ended", url=raw.url, etag=raw.etag, last_modified=raw.last_modified, **facts)
            parts.append(raw)
        return parts

    async def _fetch(self, address: str, folder: Path, stored: PreviousDownload | None) -> DownloadedFile:
        """Go by the scheme of the address: definitions name `http` for FTP addresses and the other way round."""
        scheme = address.partition(":")[0].lower()
        headers = self.entry.headers
        if self.entry.is_esri:
            esri = EsriDownload(self.guard, self.limits, headers, needed_columns(self.entry))
            return await esri.fetch(address, folder, self._told(FEATURES), stored=stored)
        if scheme in SCHEMES:
            return await FtpDownload(self.guard, self.limits).fetch(address, folder, self._told(BYTES), stored=stored)
        if scheme == SCHEME:
            address = https_address(address)
        return await HttpDownload(self.guard, self.limits, headers).fetch(
            address, folder, self._told(BYTES), stored=stored
        )

    def _told(self, phase: str) -> Any:
        return lambda done, total: self.progress(phase, done, total)

    def _part(self, place: int) -> Path:
        folder = self.folder / str(place)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _stored(self, place: int) -> PreviousDownload | None:
        if self.previous is None:
            return None
        raw = self.previous.manifest.get("raw")
        parts: Any = raw.get("parts", [raw]) if isinstance(raw, Mapping) else []
        usable = place < len(parts) and isinstance(parts[place], Mapping)
        return PreviousDownload(self.previous, parts[place], place) if usable else None
