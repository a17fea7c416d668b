"""Whether an uploaded file is what its name says, and can be unpacked safely: told by its first and last bytes.

The rules are those of the task's own unpacking (oa_task.conversion.unpacking), which holds them against the bytes
themselves; here the directory of an archive is enough, so however large a file is, little of it is read.
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

HEAD_BYTES = 8192
TAIL_BYTES = 8 * 1024 * 1024
_MAX_ENTRIES = 20_000
_MAX_EXPANDED_BYTES = 60 * 1024**3
_MAX_RATIO = 100
_SMALL_BYTES = 10 * 1024 * 1024
_ENCRYPTED = 0x1
_ARCHIVES = frozenset({".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".kmz"})
_GZIP_LENGTH_BYTES = 4
CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".csv": "text/csv",
        ".tsv": "text/tab-separated-values",
        ".txt": "text/plain",
        ".json": "application/json",
        ".geojson": "application/geo+json",
        ".gml": "application/gml+xml",
        ".kml": "application/vnd.google-earth.kml+xml",
        ".xml": "application/xml",
        ".zip": "application/zip",
        ".gz": "application/gzip",
        ".gpkg": "application/geopackage+sqlite3",
    }
)
_STARTS = {".zip": b"PK\x03\x04", ".gz": b"\x1f\x8b", ".gpkg": b"SQLite format 3\x00"}
_MARKUP, _JSON = frozenset({".gml", ".kml", ".xml"}), frozenset({".json", ".geojson"})


class FileRefusedError(OaError):
    """The file is not one that can be used."""

    code = "upload.refused"
    title = "The file cannot be used."


@dataclass(frozen=True, slots=True)
class Ends:
    """The size of a file, its first bytes, and its last ones."""

    size_bytes: int
    head: bytes
    tail: bytes


def extension_of(name: str) -> str:
    """Return the ending of a name that says what the file is, in small letters."""
    return PurePosixPath(name).suffix.lower()


def inspect(name: str, ends: Ends) -> None:
    """Raise FileRefusedError, with words for whoever sent it, unless the file may be kept."""
    extension = extension_of(name)
    if not ends.size_bytes:
        raise FileRefusedError("it is empty")
    start = _STARTS.get(extension)
    if start is None:
        _inspect_text(extension, ends.head)
    elif not ends.head.startswith(start):
        raise FileRefusedError(f"it does not begin as a {extension} file does")
    if extension == ".zip":
        _inspect_zip(ends)
    if extension == ".gz":
        _inspect_gzip(ends)


def _inspect_text(extension: str, head: bytes) -> None:
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in head and not is_wide:
        raise FileRefusedError(f"it is no text, as a {extension} file is")
    if is_wide:
        return
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if extension in _JSON and first not in {b"{", b"[", b"\x1e"}:
        raise FileRefusedError("it does not begin as JSON does")
    if extension in _MARKUP and first != b"<":
        raise FileRefusedError("it does not begin as XML does")
    if extension not in _JSON | _MARKUP and first == b"<":
        raise FileRefusedError("it is a web page or XML, not a table")


def _inspect_gzip(ends: Ends) -> None:
    """Compare with the length that the file itself names at its end; it is exact below 4 GB."""
    (expanded_bytes,) = struct.unpack("<I", ends.tail[-_GZIP_LENGTH_BYTES:])
    _check_ratio(expanded_bytes, ends.size_bytes)


def _inspect_zip(ends: Ends) -> None:
    try:
        with zipfile.ZipFile(_Tail(ends)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise FileRefusedError(f"it is not a sound zip file: {error}") from error
    if len(entries) > _MAX_ENTRIES:
        raise FileRefusedError(f"it has more than {_MAX_ENTRIES:,} entries")
    files = [entry for entry in entries if not entry.is_dir()]
    if not files:
        raise FileRefusedError("there is no file in it")
    for entry in files:
        _check_entry(entry)
    _check_ratio(sum(entry.file_size for entry in files), ends.size_bytes)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    said = ascii(entry.filename[:200])
    place = PurePosixPath(entry.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in place.as_posix().partition("/")[0]:
        raise FileRefusedError(f"the entry {said} leaves its folder")
    if S_ISLNK(entry.external_attr >> 16):
        raise FileRefusedError(f"the entry {said} is a link")
    if entry.flag_bits & _ENCRYPTED:
        raise FileRefusedError(f"the entry {said} is encrypted: send it without a password")
    if place.suffix.lower() in _ARCHIVES:
        raise FileRefusedError(f"the entry {said} is an archive in an archive: send what is in it")


def _check_ratio(expanded_bytes: int, packed_bytes: int) -> None:
    if expanded_bytes > _MAX_EXPANDED_BYTES:
        raise FileRefusedError(f"it expands to more than {_MAX_EXPANDED_BYTES:,} bytes")
    if expanded_bytes > _SMALL_BYTES and expanded_bytes > packed_bytes * _MAX_RATIO:
        raise FileRefusedError(f"it expands to more than {_MAX_RATIO} times its size")


class _Tail(io.RawIOBase):
    """A file of which only the last bytes are there: the directory of a zip file lies in them."""

    def __init__(self, ends: Ends) -> None:
        self._size = ends.size_bytes
        self._tail = ends.tail
        self._start = ends.size_bytes - len(ends.tail)
        self._place = 0

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; raise ValueError before the first byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("its directory names a place before the file")
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Return bytes of the end; raise ValueError for those that are not there."""
        if self._place < self._start and size != 0:
            raise ValueError("its directory is too large")
        first = self._place - self._start
        found = self._tail[first:] if size < 0 else self._tail[first : first + size]
        self._place += len(found)
        return found
