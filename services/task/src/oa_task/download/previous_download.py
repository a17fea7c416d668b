"""The raw input of an earlier job, reused if the server reports that it has not changed."""

import asyncio
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from oa_shared.json_types import JsonMapping
from oa_shared.json_values import json_integer
from oa_task.download.attempts import TransientError
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.results.checksums import sha256_of
from oa_task.results.files import CACHE_FILE
from oa_task.results.previous_result import PreviousResult

log = structlog.get_logger()
_COPY_BYTES = 1 << 20


@dataclass(slots=True)
class PreviousDownload:
    """One raw file in the cache of an earlier job.

    `record` describes it in the manifest, `index` is its position in the archive. With `is_deferred` a version that has
    not changed is not copied yet: it may not be necessary. It is broken once the copy is known to be unusable, refuted
    once the server is known to be wrong about versions.
    """

    previous: PreviousResult
    record: JsonMapping
    index: int = 0
    is_broken: bool = False
    is_refuted: bool = False
    is_deferred: bool = False

    @property
    def url(self) -> str:
        """Return the URL of the earlier download."""
        return str(self.record.get("url", ""))

    @property
    def etag(self) -> str | None:
        """Return the ETag of the stored version."""
        return self._text("etag")

    @property
    def last_modified(self) -> str | None:
        """Return the Last-Modified time of the stored version."""
        return self._text("last_modified")

    @property
    def location(self) -> str | None:
        """Return the digest of the address to which redirects led."""
        return self._text("location")

    def conditions(self) -> dict[str, str]:
        """Return the header of a conditional request, empty for a broken or refuted version and for one without any.

        The time is sent only without an ETag: servers that compare times ignore a file that an older one replaced.
        """
        if self.is_broken or self.is_refuted:
            return {}
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}

    def _text(self, name: str) -> str | None:
        value = self.record.get(name)
        return value if isinstance(value, str) else None

    async def restore(self, folder: Path, name: str | None = None) -> DownloadedFile:
        """Copy the stored file into `folder`, later if that is deferred.

        Raises TransientError if it is missing or differs from its checksum.
        """
        path = folder / (name or Path(str(self.record.get("file") or "data")).name)
        if self.is_deferred:
            return self._describe(path)
        archive = await self.previous.fetch(CACHE_FILE, folder)
        is_intact = archive is not None and await asyncio.to_thread(self._extract, archive, path)
        if not is_intact:
            self.is_broken = True
            raise TransientError(
                "infra.storage", f"the stored copy of {self.url} differs from its checksum: downloading again"
            )
        return self._describe(path)

    def _describe(self, path: Path) -> DownloadedFile:
        log.info("download_not_modified", url=self.url, etag=self.etag, last_modified=self.last_modified)
        size_bytes, sha256 = json_integer(self.record.get("bytes")), str(self.record.get("sha256"))
        return DownloadedFile(
            path,
            self.url,
            size_bytes,
            sha256,
            self.etag,
            self.last_modified,
            not_modified=True,
            location=self.location,
        )

    def _extract(self, archive: Path, path: Path) -> bool:
        """Copy the raw file from its archive, or the archive if it is the raw file; return False for a wrong checksum.

        Writes nothing to `path` before the check: a reader may follow it.
        """
        expected = self.record.get("sha256")
        if sha256_of(archive) == expected:
            shutil.copyfile(archive, path)
            return True
        unpacked = path.with_name(path.name + ".stored")
        try:
            with zipfile.ZipFile(archive) as cache, cache.open(cache.infolist()[self.index]) as source:
                _copy(source, unpacked)
        except (zipfile.BadZipFile, IndexError):
            return False
        if sha256_of(unpacked) != expected:
            return False
        shutil.copyfile(unpacked, path)
        unpacked.unlink()
        return True


def _copy(source: IO[bytes], path: Path) -> None:
    with path.open("wb") as target:
        shutil.copyfileobj(source, target, _COPY_BYTES)
