"""Checks that a file has the format of its suffix and can be unpacked safely, from its first and last bytes.

The rules are those by which the task unpacks archives (oa_task.conversion.unpacking), where they hold for the extracted
bytes too. Here the directory of an archive is enough, so little of a large file is read.
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from stat import S_ISLNK
from types import MappingProxyType

from oa_shared.errors import OaError
from oa_shared.media_types import MEDIA_TYPES

HEAD_BYTES = 8192
TAIL_BYTES = 8 * 1024 * 1024
_MAX_ENTRIES = 20_000
_MAX_EXPANDED_BYTES = 60 * 1024**3
_MAX_RATIO = 100
_SMALL_BYTES = 10 * 1024 * 1024
_ENCRYPTED = 0x1
_ARCHIVES = frozenset({".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".kmz"})
_GZIP_LENGTH_BYTES = 4
_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".geojson", ".gml", ".kml", ".xml", ".zip", ".gz", ".gpkg")
# Without the charset of the media type: an uploaded text may have any encoding.
CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {suffix: MEDIA_TYPES[suffix].partition(";")[0] for suffix in _SUFFIXES}
)
_STARTS = {".zip": b"PK\x03\x04", ".gz": b"\x1f\x8b", ".gpkg": b"SQLite format 3\x00"}
_MARKUP, _JSON = frozenset({".gml", ".kml", ".xml"}), frozenset({".json", ".geojson"})


class FileRefusedError(OaError):
    """The file is unusable; the detail states the reason."""

    code = "upload.refused"
    title = "The file is unusable."


@dataclass(frozen=True, slots=True)
class Ends:
    """The size of a file, its first bytes, and its last ones."""

    size_bytes: int
    head: bytes
    tail: bytes


def extension_of(name: str) -> str:
    """Return the suffix of a file name, in lowercase."""
    return PurePosixPath(name).suffix.lower()


def inspect(name: str, ends: Ends) -> None:
    """Check a file. Raises FileRefusedError with the reason."""
    extension = extension_of(name)
    if not ends.size_bytes:
        raise FileRefusedError("the file is empty")
    start = _STARTS.get(extension)
    if start is None:
        _inspect_text(extension, ends.head)
    elif not ends.head.startswith(start):
        raise FileRefusedError(f"the file does not begin like a {extension} file")
    if extension == ".zip":
        _inspect_zip(ends)
    if extension == ".gz":
        _inspect_gzip(ends)


def _inspect_text(extension: str, head: bytes) -> None:
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in head and not is_wide:
        raise FileRefusedError(f"the file is binary; a {extension} file contains text")
    if is_wide:
        return
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if extension in _JSON and first not in {b"{", b"[", b"\x1e"}:
        raise FileRefusedError("the file does not begin like JSON")
    if extension in _MARKUP and first != b"<":
        raise FileRefusedError("the file does not begin like XML")
    if extension not in _JSON | _MARKUP and first == b"<":
        raise FileRefusedError("the file is a web page or XML, not a table")


def _inspect_gzip(ends: Ends) -> None:
    """Check the expanded size that the end of the file states; it is exact below 4 GB."""
    (expanded_bytes,) = struct.unpack("<I", ends.tail[-_GZIP_LENGTH_BYTES:])
    _check_ratio(expanded_bytes, ends.size_bytes)


def _inspect_zip(ends: Ends) -> None:
    try:
        with zipfile.ZipFile(_Tail(ends)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise FileRefusedError(f"the file is not a valid zip file: {error}") from error
    if len(entries) > _MAX_ENTRIES:
        raise FileRefusedError(f"the archive has more than {_MAX_ENTRIES:,} entries")
    files = [entry for entry in entries if not entry.is_dir()]
    if not files:
        raise FileRefusedError("the archive contains no file")
    for entry in files:
        _check_entry(entry)
    _check_ratio(sum(entry.file_size for entry in files), ends.size_bytes)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = ascii(entry.filename[:200])
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.as_posix().partition("/")[0]:
        raise FileRefusedError(f"the entry {name} has a path outside the archive")
    if S_ISLNK(entry.external_attr >> 16):
        raise FileRefusedError(f"the entry {name} is a link")
    if entry.flag_bits & _ENCRYPTED:
        raise FileRefusedError(f"the entry {name} is encrypted: send an archive without a password")
    if path.suffix.lower() in _ARCHIVES:
        raise FileRefusedError(f"the entry {name} is an archive in an archive: send its contents")


def _check_ratio(expanded_bytes: int, packed_bytes: int) -> None:
    if expanded_bytes > _MAX_EXPANDED_BYTES:
        raise FileRefusedError(f"the file expands to more than {_MAX_EXPANDED_BYTES:,} bytes")
    if expanded_bytes > _SMALL_BYTES and expanded_bytes > packed_bytes * _MAX_RATIO:
        raise FileRefusedError(f"the file expands to more than {_MAX_RATIO} times its size")


class _Tail(io.RawIOBase):
    """A file with only its last bytes available: they contain the directory of a zip file."""

    def __init__(self, ends: Ends) -> None:
        self._size = ends.size_bytes
        self._tail = ends.tail
        self._start = ends.size_bytes - len(ends.tail)
        self._position = 0

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Change the position and return it. Raises ValueError before the first byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("its directory points before the start of the file")
        self._position = base + offset
        return self._position

    def tell(self) -> int:  # language-ok: the name is that of io.IOBase
        """Return the position."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return bytes. Raises ValueError for those that are not available."""
        if self._position < self._start and size != 0:
            raise ValueError("its directory is too large")
        first = self._position - self._start
        chunk = self._tail[first:] if size < 0 else self._tail[first : first + size]
        self._position += len(chunk)
        return chunk
