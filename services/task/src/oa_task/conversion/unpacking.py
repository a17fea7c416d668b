"""Unpacking untrusted archives: no entry leaves the folder or overwrites another, and the expanded size is limited."""

import errno
import filecmp
import gzip as gzip_format
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path, PurePosixPath

from backports import zstd
from isal import isal_zlib

from oa_task.conversion.archive_members import ArchiveMember, NameHints, tar_members, zip_members
from oa_task.conversion.member_names import is_junk, safe_name
from oa_task.conversion.seven_zip import seven_zip_members
from oa_task.conversion.stream_codecs import STREAM_CODECS
from oa_task.conversion.unpack_budget import UnpackBudget, UnpackLimits
from oa_task.read.content_kind import identify
from oa_task.read.content_match import refuse_message
from oa_task.read.content_signatures import ContentKind
from oa_task.runtime.failure import TaskFailure

_DECLARED = {"zip": ContentKind.ZIP, "gzip": ContentKind.GZIP}
_CONTAINERS = frozenset({ContentKind.ZIP, ContentKind.TAR, ContentKind.SEVEN_ZIP})
_TITLES = {
    ContentKind.ZIP: "zip",
    ContentKind.TAR: "tar",
    ContentKind.SEVEN_ZIP: "7z",
    ContentKind.GZIP: "gzip",
    ContentKind.BZIP2: "bzip2",
    ContentKind.XZ: "xz",
    ContentKind.LZMA: "LZMA",
    ContentKind.ZSTD: "Zstandard",
}
_SUFFIXES = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tzst": ".tar"}
_STREAM_SUFFIXES = frozenset({".gz", ".gzip", ".bz2", ".xz", ".lzma", ".zst", ".zstd"})
# Programs and projects are archives too, but hold no data of the source.
_OPAQUE_SUFFIXES = frozenset(
    {
        *(".exe", ".dll", ".jar", ".apk", ".epub", ".pages", ".numbers", ".key", ".docx", ".pptx", ".qgz"),
        *(".lpk", ".lpkx", ".mpk", ".mpkx", ".ppkx", ".aprx", ".lyrx"),
    }
)
# The exceptions of Python's modules for the bytes of a damaged archive.
_DAMAGED: tuple[type[Exception], ...] = (  # type: ignore[assignment] # isal annotates its error as an instance
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip_format.BadGzipFile,
    EOFError,
    zlib.error,
    isal_zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
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
Members = Generator[ArchiveMember, None, None]


def unpack(
    path: Path,
    compression: str | None,
    folder: Path,
    limits: UnpackLimits | None = None,
    *,
    hints: NameHints | None = None,
    warn: Callable[[str], None] = lambda _text: None,
) -> list[Path]:
    """Return the files of an archive, unpacked into `folder`, or the file itself if it is not an archive.

    The bytes decide, not `compression`: a warning states a difference. `hints` decode the names of entries; their
    encoding is also that of a text. Raises TaskFailure source.archive, source.too_large, source.schema, source.empty,
    resource.disk_full.
    """
    if compression is not None and compression not in _DECLARED:
        raise TaskFailure("source.schema", f"unknown compression {compression!r}: use zip or gzip")
    hints = hints or NameHints()
    kind = identify(path, hints.encoding).kind
    if compression is not None:
        _compare(path, kind, compression, warn)
    if kind not in _TITLES:
        return [path]
    budget = UnpackBudget(limits or UnpackLimits(), downloaded_bytes=path.stat().st_size, folder=folder)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unpacking-") as scratch:
        unpacking = _Unpacking(folder, Path(scratch), budget, hints)
        unpacking.expand(path, kind, PurePosixPath(), path.name, depth=1)
    return sorted(item for item in folder.rglob("*") if item.is_file())


def _compare(path: Path, kind: ContentKind, compression: str, warn: Callable[[str], None]) -> None:
    """Compare the declared compression with the bytes. Raises TaskFailure if the bytes are not data."""
    declared = _DECLARED[compression]
    if kind is declared:
        return
    refuse_message(path, declared.value)
    if kind is ContentKind.BINARY:
        raise TaskFailure("source.archive", f"{path.name} is {kind.value}, not {declared.value}")
    advice = f"set it to {_TITLES[kind]}" if kind in _DECLARED.values() else "remove it"
    warn(f"{path.name} is {kind.value}, read as such, although `compression` is {compression}: {advice}")


class _Unpacking:
    """Unpacks one download with the archives in it, each below its own name."""

    def __init__(self, folder: Path, scratch: Path, budget: UnpackBudget, hints: NameHints) -> None:
        self._folder = folder
        self._scratch = scratch
        self._budget = budget
        self._hints = hints
        self._numbers = count()

    def expand(self, path: Path, kind: ContentKind, parent: PurePosixPath, name: str, *, depth: int) -> None:
        """Unpack an archive or compressed file called `name` into a folder of the tree."""
        self._budget.check_depth(depth)
        try:
            if kind in _CONTAINERS:
                with closing(self._members(path, kind, depth)) as members:
                    self._unpack_members(members, parent, depth)
            else:
                decoded = self._write(STREAM_CODECS[kind](path, self._budget), depth)
                self._place(decoded, parent / _decoded_name(name), depth)
        except _DAMAGED as error:
            raise _damage(name, kind, error) from error
        except OSError as error:
            if error.errno not in _DAMAGED_ERRNO:
                raise
            raise _damage(name, kind, error) from error

    def _members(self, path: Path, kind: ContentKind, depth: int) -> Members:
        if kind is ContentKind.ZIP:
            return zip_members(path, self._hints, self._budget, depth)
        if kind is ContentKind.TAR:
            return tar_members(path, self._hints, self._budget, depth)
        return seven_zip_members(path, self._budget, depth)

    def _unpack_members(self, members: Iterable[ArchiveMember], parent: PurePosixPath, depth: int) -> None:
        for member in members:
            name = safe_name(member.name)
            if is_junk(name):
                continue
            if member.is_link:
                raise TaskFailure("source.archive", f"the entry {member.name[:200]!r} is a symbolic link")
            self._place(self._write(member.open(), depth), parent / name, depth)

    def _write(self, source: Iterable[bytes], depth: int) -> Path:
        """Write bytes to a scratch file and count them."""
        target = self._scratch / str(next(self._numbers))
        with target.open("wb") as file:
            for chunk in source:
                self._budget.add_bytes(len(chunk), depth)
                file.write(chunk)
        return target

    def _place(self, written: Path, name: PurePosixPath, depth: int) -> None:
        """Move a file to its place in the tree; unpack it there instead if it is an archive."""
        kind = identify(written).kind
        if kind not in _TITLES or name.suffix.lower() in _OPAQUE_SUFFIXES:
            self._move(written, self._folder / name)
            return
        parent = name.parent
        if kind in _CONTAINERS:
            parent = PurePosixPath(self._free_place(self._folder / name).relative_to(self._folder))
        self.expand(written, kind, parent, name.name, depth=depth + 1)
        written.unlink()

    def _move(self, written: Path, target: Path) -> None:
        if target.is_file() and filecmp.cmp(written, target, shallow=False):
            written.unlink()
            return
        place = self._free_place(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        written.rename(place)

    def _free_place(self, target: Path) -> Path:
        """Return a path at which there is no file: the target, or the same with a number in a name."""
        place = self._folder
        for part in target.relative_to(self._folder).parent.parts:
            place = next(name for name in _number_names(place / part) if name.is_dir() or not name.exists())
        return next(name for name in _number_names(place / target.name) if not name.exists())


def _number_names(path: Path) -> Iterator[Path]:
    """Yield a path, then the same with (2), (3) and so on before its suffix."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _decoded_name(name: str) -> str:
    """Return the name of a compressed file without the suffix of its compression."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if suffix in _STREAM_SUFFIXES:
        return path.stem or "data"
    return f"{path.stem}{_SUFFIXES[suffix]}" if suffix in _SUFFIXES else name or "data"


def _damage(name: str, kind: ContentKind, error: Exception) -> TaskFailure:
    reason = "its directory is missing: the file may be truncated" if str(error) == "File is not a zip file" else error
    if "emory" in str(error):
        limit = "decoding it needs more memory than allowed: find a zip of the same data"
        return TaskFailure("source.too_large", f"{name} is {kind.value}; {limit}")
    return TaskFailure("source.archive", f"{name} is not a valid {_TITLES[kind]} file: {reason}")
