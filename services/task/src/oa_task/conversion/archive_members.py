"""The members of zip and tar archives, as streams of bytes."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from stat import S_ISLNK
from typing import IO

from oa_task.conversion.member_names import decode_names, zip_names
from oa_task.conversion.stream_codecs import chunks, xz_chunks, zstandard_chunks
from oa_task.conversion.unpack_budget import UnpackBudget
from oa_task.runtime.failure import TaskFailure

_ENCRYPTED = 0x1
_LOCAL_HEADER_BYTES = 30
_INPUT_BYTES = 64 * 1024
_BY_ZIPFILE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_DEFLATE64, _ZSTD_OLD, _ZSTD, _XZ = 9, 20, 93, 95
_METHODS = {1: "Shrink", 6: "Implode", 10: "PKWARE DCL", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES encryption"}
_LZMA_HEADER_BYTES = 9


@dataclass(frozen=True, slots=True)
class NameHints:
    """What helps to decode the names of members: `encoding` and `file` of the definition."""

    encoding: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """A file in an archive; `open` yields its bytes. A link has no bytes."""

    name: str
    is_link: bool
    open: Callable[[], Iterator[bytes]]


def zip_members(path: Path, hints: NameHints, budget: UnpackBudget, depth: int) -> Generator[ArchiveMember, None, None]:
    """Yield the files of a zip. Raises TaskFailure, and the exceptions of damaged archives."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        budget.check_announced(sum(member.file_size for member in members), depth)
        for member, name in zip(members, zip_names(members, hints.encoding, hints.file), strict=True):
            budget.add_entry()
            if not member.is_dir() and not name.endswith("\\"):
                is_link = S_ISLNK(member.external_attr >> 16)
                yield ArchiveMember(name, is_link, _ZipMember(archive, path, member, name, budget))


@dataclass(frozen=True, slots=True)
class _ZipMember:
    """Opens a member of a zip."""

    archive: zipfile.ZipFile
    path: Path
    member: zipfile.ZipInfo
    name: str
    budget: UnpackBudget

    def __call__(self) -> Iterator[bytes]:
        method = self.member.compress_type
        if self.member.flag_bits & _ENCRYPTED:
            text = f"the entry {self.name[:200]!r} is encrypted and needs a password: find an archive without one"
            raise TaskFailure("source.archive", text)
        if method in _BY_ZIPFILE:
            if method == zipfile.ZIP_LZMA:
                self._check_dictionary()
            with self.archive.open(self.member) as file:
                yield from chunks(file)
            return
        yield from self._verify(self._decode(method))

    def _decode(self, method: int) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            packed = _Section(file, self._data_offset(file), self.member.compress_size)
            if method == _DEFLATE64:
                yield from _inflate64(packed)
            elif method in {_ZSTD, _ZSTD_OLD}:
                yield from zstandard_chunks(packed, self.budget.limits.decoder_bytes)
            elif method == _XZ:
                yield from xz_chunks(packed, self.budget.limits.decoder_bytes)
            else:
                known = f" ({_METHODS[method]})" if method in _METHODS else ""
                text = f"the entry {self.name[:200]!r} is compressed by method {method}{known}, which cannot be read"
                raise TaskFailure("source.archive", f"{text}: find a zip with method 8 (Deflate)")

    def _verify(self, decoded: Iterator[bytes]) -> Iterator[bytes]:
        checksum = size = 0
        for chunk in decoded:
            checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
            yield chunk
        if checksum != self.member.CRC or size != self.member.file_size:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {self.name!r}")

    def _data_offset(self, file: IO[bytes]) -> int:
        file.seek(self.member.header_offset)
        header = file.read(_LOCAL_HEADER_BYTES)
        if len(header) < _LOCAL_HEADER_BYTES:
            raise EOFError("the archive ends in the header of an entry")
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        return self.member.header_offset + _LOCAL_HEADER_BYTES + lengths

    def _check_dictionary(self) -> None:
        with self.path.open("rb") as file:
            file.seek(self._data_offset(file))
            header = file.read(_LZMA_HEADER_BYTES)
        self.budget.check_decoder(int.from_bytes(header[5:9], "little"), f"the entry {self.name[:200]!r}")


@dataclass(slots=True)
class _Section:
    """A part of a file, read from its start to its end."""

    file: IO[bytes]
    offset: int
    remaining: int

    def read(self, size: int = -1) -> bytes:
        self.file.seek(self.offset)
        chunk = self.file.read(self.remaining if size < 0 else min(size, self.remaining))
        self.offset += len(chunk)
        self.remaining -= len(chunk)
        return chunk


def _inflate64(packed: _Section) -> Iterator[bytes]:
    import inflate64  # noqa: PLC0415 - rarely needed

    decoder = inflate64.Inflater()
    while not decoder.eof and (chunk := packed.read(_INPUT_BYTES)):
        yield decoder.inflate(chunk)
    if not decoder.eof:
        raise EOFError("Compressed data ended before the end-of-stream marker was reached")


def tar_members(path: Path, hints: NameHints, budget: UnpackBudget, depth: int) -> Generator[ArchiveMember, None, None]:
    """Yield the files of a tar archive. Raises TaskFailure, and the exceptions of damaged archives."""
    with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
        members = []
        for member in archive:
            budget.add_entry()
            members.append(member)
        _check_tar_end(path, archive.offset)
        budget.check_announced(sum(member.size for member in members), depth)
        raw = [member.name.encode("utf-8", "surrogateescape") for member in members]
        for member, name in zip(members, decode_names(raw, hints.encoding, hints.file), strict=True):
            if not member.isdir():
                yield ArchiveMember(name, not member.isfile(), partial(_tar_chunks, archive, member))


def _check_tar_end(path: Path, offset: int) -> None:
    """Raise tarfile.ReadError if reading ended at anything but the end marker: tarfile takes damage for the end."""
    with path.open("rb") as file:
        file.seek(offset)
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError(f"no header and no end marker at byte {offset:,}: the file may be truncated")


def _tar_chunks(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    file = archive.extractfile(member)
    if file is not None:
        with file:
            yield from chunks(file)
