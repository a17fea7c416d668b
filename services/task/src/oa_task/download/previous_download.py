"""The raw input of an earlier job, used again when the server says that it has not changed."""

import asyncio
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import structlog

from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.requests import TransientError
from oa_task.results.checksums import sha256_of
from oa_task.results.files import CACHE_FILE
from oa_task.results.previous_result import PreviousResult

log = structlog.get_logger()
_COPY_BYTES = 1 << 20


@dataclass(slots=True)
class PreviousDownload:
    """One raw file in the cache of an earlier job; `place` is its place in the archive."""

    previous: PreviousResult
    about: Mapping[str, Any]
    place: int = 0
    is_broken: bool = False

    @property
    def url(self) -> str:
        """Return the address that was asked for then."""
        return str(self.about.get("url", ""))

    @property
    def etag(self) -> str | None:
        """Return what the server called that version."""
        return self.about.get("etag")

    @property
    def last_modified(self) -> str | None:
        """Return when the server last changed it then."""
        return self.about.get("last_modified")

    def conditions(self) -> dict[str, str]:
        """Return the headers of a conditional request; none after the stored copy turned out to be unusable."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {} if self.is_broken else {name: value for name, value in named.items() if value}

    async def restored(self, folder: Path, name: str | None = None) -> DownloadedFile:
        """Put the stored copy into `folder`. Raises Trouble when it is not there or is not what was stored."""
        archive = await self.previous.fetch(CACHE_FILE, folder)
        path = folder / (name or Path(str(self.about.get("file") or "data")).name)
        is_whole = archive is not None and await asyncio.to_thread(self._extract, archive, path)
        if not is_whole:
            self.is_broken = True
            raise TransientError(
                "infra.storage", f"the stored copy of {self.url} is not what was stored: fetched again"
            )
        log.info("download_not_modified", url=self.url, etag=self.etag, last_modified=self.last_modified)
        size_bytes, sha256 = path.stat().st_size, str(self.about["sha256"])
        return DownloadedFile(path, self.url, size_bytes, sha256, self.etag, self.last_modified, not_modified=True)

    def _extract(self, archive: Path, path: Path) -> bool:
        """Copy the raw file out of its archive, or the archive where that is the raw file; say if it is the same.

        Nothing is written to `path` before that is known: somebody may be reading it.
        """
        wanted = self.about.get("sha256")
        if sha256_of(archive) == wanted:
            shutil.copyfile(archive, path)
            return True
        unpacked = path.with_name(path.name + ".stored")
        try:
            with zipfile.ZipFile(archive) as packed, packed.open(packed.infolist()[self.place]) as source:
                _copy(source, unpacked)
        except (zipfile.BadZipFile, IndexError):
            return False
        if sha256_of(unpacked) != wanted:
            return False
        shutil.copyfile(unpacked, path)
        unpacked.unlink()
        return True


def _copy(source: IO[bytes], path: Path) -> None:
    with path.open("wb") as target:
        shutil.copyfileobj(source, target, _COPY_BYTES)
