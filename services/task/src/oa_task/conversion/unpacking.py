"""Unpacking untrusted archives: no entry leaves the folder, and the expanded size is limited."""

import errno
import gzip as gzip_format
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import IO

from isal import igzip, isal_zlib

from oa_task.runtime.failure import TaskFailure

_CHUNK_BYTES = 1 << 20
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_SMALL_BYTES = 10 * 1024 * 1024


# The exceptions of Python's modules for the bytes of a damaged archive.
_DAMAGED: tuple[type[Exception], ...] = (  # type: ignore[assignment] # isal annotates its error as an instance
    zipfile.BadZipFile,
    gzip_format.BadGzipFile,
    EOFError,
    zlib.error,
    isal_zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
# Offsets before the file, invalid file names, files inside files; None is broken bzip2 data.
_DAMAGED_ERRNO = frozenset(
    {errno.EINVAL, errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EILSEQ, errno.ENOENT, None}
)


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """The limits of one archive with the archives in it. The ratio counts only above 10 MiB of expanded data."""

    entries: int = 20_000
    expanded_bytes: int = 60 * 1024**3
    ratio: int = 100
    depth: int = 3


def unpack(path: Path, compression: str | None, folder: Path, limits: UnpackLimits | None = None) -> list[Path]:
    """Return the files of an archive, unpacked into `folder`, or the file itself if it is not an archive.

    Without `compression` the first bytes decide. Raises TaskFailure source.archive, source.too_large, source.schema.
    """
    unpacking = _Unpacking(folder, limits or UnpackLimits())
    kind = compression or _detect(path)
    if kind not in {None, "zip", "gzip"}:
        raise TaskFailure("source.schema", f"unknown compression {kind!r}: use zip or gzip")
    try:
        if kind == "zip":
            unpacking.zip(path, PurePosixPath(), depth=1)
            return sorted(item for item in folder.rglob("*") if item.is_file())
        if kind == "gzip":
            return [unpacking.gzip(path)]
    except _DAMAGED as error:
        raise TaskFailure("source.archive", f"{path.name} is not a valid {kind} file: {error}") from error
    except OSError as error:
        if error.errno not in _DAMAGED_ERRNO:
            raise
        raise TaskFailure("source.archive", f"{path.name} is not a valid {kind} file: {error}") from error
    return [path]


def _detect(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(4)
    if start == _ZIP:
        return "zip"
    return "gzip" if start.startswith(_GZIP) else None


class _Unpacking:
    """Unpacks one archive with the archives in it, and counts entries and bytes."""

    def __init__(self, folder: Path, limits: UnpackLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._entries = 0
        self._bytes = 0

    def zip(self, path: Path, parent: PurePosixPath, *, depth: int) -> None:
        if depth > self._limits.depth:
            raise TaskFailure("source.archive", f"zip files are nested more than {self._limits.depth} deep")
        packed_bytes = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            for member, name in self._members(archive, parent):
                target = self._folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source:
                    self._copy(source, target, packed_bytes)
                if target.suffix.lower() == ".zip":
                    self.zip(target, name.parent, depth=depth + 1)
                    target.unlink()

    def gzip(self, path: Path) -> Path:
        name = path.stem if path.suffix.lower() == ".gz" else path.name
        target = self._folder / (name or "data")
        with igzip.open(path, "rb") as source:  # type: ignore[no-untyped-call] # isal leaves it unannotated
            self._copy(source, target, path.stat().st_size)
        return target

    def _members(
        self, archive: zipfile.ZipFile, parent: PurePosixPath
    ) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
        for member in archive.infolist():
            self._entries += 1
            if self._entries > self._limits.entries:
                raise TaskFailure("source.archive", f"the archive has more than {self._limits.entries:,} entries")
            if member.is_dir():
                continue
            name = PurePosixPath(member.filename.replace("\\", "/"))
            if name.is_absolute() or ".." in name.parts or ":" in name.as_posix().partition("/")[0]:
                raise TaskFailure("source.archive", f"the entry {member.filename[:200]!r} points outside its folder")
            if S_ISLNK(member.external_attr >> 16):
                raise TaskFailure("source.archive", f"the entry {member.filename[:200]!r} is a symbolic link")
            yield member, parent / name

    def _copy(self, source: IO[bytes] | gzip_format.GzipFile, target: Path, packed_bytes: int) -> None:
        with target.open("wb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                self._bytes += len(chunk)
                self._check_size(packed_bytes)
                file.write(chunk)

    def _check_size(self, packed_bytes: int) -> None:
        if self._bytes > self._limits.expanded_bytes:
            text = f"the archive expands to more than {self._limits.expanded_bytes:,} bytes"
            raise TaskFailure("source.too_large", text)
        if self._bytes > _SMALL_BYTES and self._bytes > packed_bytes * self._limits.ratio:
            text = f"the archive expands to more than {self._limits.ratio} times its packed size"
            raise TaskFailure("source.too_large", text)
