"""The kind of a file's content, by its first bytes and its structure, whatever its name says."""

import struct
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from oa_task.read.content_signatures import (
    DBF_VERSIONS,
    MAGIC,
    PLAIN_MAGIC,
    QUOTES,
    SHAPEFILE_VERSION,
    TEXT_KINDS,
    ContentKind,
)
from oa_task.read.text_content import classify_text, quote

HEAD_BYTES = 64 * 1024
_PROGRAM_BYTES = 1 << 20
_TAIL_BYTES = 128 * 1024
_DBF_HEADER_BYTES, _MONTHS, _DAYS = 33, 12, 31
_TAR_BLOCK = 512
_ZIP64_DISK = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is; `quoted` is the title or sentence that it shows to a reader, empty if it has none."""

    kind: ContentKind
    quoted: str = ""

    def __str__(self) -> str:
        """Return the kind for a message, with what the file itself says."""
        if not self.quoted:
            return self.kind.value
        return f"{self.kind.value} {QUOTES.get(self.kind, 'that says')} {self.quoted!r}"


def identify(path: Path, encoding: str | None = None) -> Content:
    """Return what a file or geodatabase folder is. Reads its first 64 KiB, and the ends of archives.

    `encoding` is the one that the definition names for its text.
    """
    if path.is_dir():
        return Content(ContentKind.GEODATABASE)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        return Content(ContentKind.EMPTY)
    kind = _binary_kind(head)
    if kind is not None:
        return Content(_refine(kind, path, head))
    text = classify_text(head, is_whole=len(head) < HEAD_BYTES, encoding=encoding)
    if text is not None:
        return Content(TEXT_KINDS[text.kind], quote(text.sentence))
    return Content(ContentKind.BINARY)


def _binary_kind(head: bytes) -> ContentKind | None:
    if head.startswith(b"BZh") and head[4:10] in {b"1AY&SY", b"\x17rE8P\x90"}:
        return ContentKind.BZIP2
    if head.startswith(b"PAR1") and b"\x00" in head[:HEAD_BYTES]:
        return ContentKind.PARQUET
    if head[2:5] == b"-lh" and head[6:7] == b"-":
        return ContentKind.LHA
    for magic, kind in MAGIC:
        if head.startswith(magic) and (magic in PLAIN_MAGIC or not magic.isascii() or b"\x00" in head):
            return kind
    if _is_tar(head):
        return ContentKind.TAR
    return ContentKind.DBF if _is_dbf(head) else None


def _is_tar(head: bytes) -> bool:
    """Return whether the first block is a header whose checksum is right: old archives have no magic number."""
    block = head[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK or not block[0]:
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def _is_dbf(head: bytes) -> bool:
    if len(head) < _DBF_HEADER_BYTES or head[0] not in DBF_VERSIONS:
        return False
    month, day = head[2], head[3]
    header_bytes, record_bytes = struct.unpack("<HH", head[8:12])
    is_date = month <= _MONTHS and day <= _DAYS
    return is_date and header_bytes >= _DBF_HEADER_BYTES and record_bytes > 0 and b"\x00" in head[:32]


def _refine(kind: ContentKind, path: Path, head: bytes) -> ContentKind:
    """Return the kind with what the structure of the file adds to its first bytes."""
    if kind is ContentKind.ZIP:
        kind = _zip_kind(path, head)
    elif kind is ContentKind.XLS:
        kind = _ole_kind(path)
    elif kind is ContentKind.PROGRAM:
        kind = _embedded_archive(path) or kind
    elif kind is ContentKind.SQLITE and head[68:72] in {b"GPKG", b"GP10", b"GP11"}:
        kind = ContentKind.GEOPACKAGE
    elif _is_chance(kind, head):
        kind = ContentKind.BINARY
    return kind


def _is_chance(kind: ContentKind, head: bytes) -> bool:
    """Return whether the rest of a header contradicts a short magic number."""
    if kind is ContentKind.SHAPEFILE:
        return head[28:32] != struct.pack("<i", SHAPEFILE_VERSION)
    is_size_plausible = head[5:13] == b"\xff" * 8 or head[9:13] == b"\x00" * 4
    return kind is ContentKind.LZMA and not is_size_plausible


def _zip_kind(path: Path, head: bytes) -> ContentKind:
    """Return the kind of a zip by its members; a zip without a directory is a damaged zip."""
    if _is_zip_part(path, head):
        return ContentKind.ZIP_PART
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            mimetype = archive.read("mimetype")[:200] if _is_small(archive, "mimetype") else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, struct.error, EOFError):
        return ContentKind.ZIP
    if names & {"xl/workbook.xml", "xl/workbook.bin"}:
        return ContentKind.XLSX
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        return ContentKind.ODS if b"spreadsheet" in mimetype else ContentKind.OFFICE
    if "word/document.xml" in names:
        return ContentKind.WORD
    return ContentKind.OFFICE if "ppt/presentation.xml" in names else ContentKind.ZIP


def _is_small(archive: zipfile.ZipFile, name: str) -> bool:
    return name in archive.NameToInfo and archive.NameToInfo[name].file_size <= _TAR_BLOCK


def _is_zip_part(path: Path, head: bytes) -> bool:
    """Return whether the file is one of several disks: by the mark at its start, or the disk number at its end."""
    tail = _tail(path)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        return head.startswith(b"PK\x07\x08")
    return tail[end + 4 : end + 6] not in {b"\x00\x00", _ZIP64_DISK}


def _embedded_archive(path: Path) -> ContentKind | None:
    """Return the kind of the archive behind the program of a self-extracting file."""
    if zipfile.is_zipfile(path):
        return ContentKind.ZIP
    with path.open("rb") as file:
        start = file.read(_PROGRAM_BYTES)
    if b"7z\xbc\xaf\x27\x1c" in start:
        return ContentKind.SEVEN_ZIP
    return ContentKind.RAR if b"Rar!\x1a\x07" in start else None


def _ole_kind(path: Path) -> ContentKind:
    """Return the kind of an OLE file by the names of its streams, which are UTF-16."""
    with path.open("rb") as file:
        content = file.read(_PROGRAM_BYTES)
    content += _tail(path)
    for name, kind in (("EncryptedPackage", ContentKind.ENCRYPTED_OFFICE), ("WordDocument", ContentKind.WORD)):
        if name.encode("utf-16-le") in content:
            return kind
    return ContentKind.XLS


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL_BYTES, 0))
        return file.read()
