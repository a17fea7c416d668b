"""Definitions out of an archive of a repository, within limits: it comes over the network."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from oa_shared.errors import OaError

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_UNSOUND = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError, ValueError)
_ENCRYPTED = 0x1


class RepositoryError(OaError):
    """The repository of sources cannot be read, or is not one."""

    code = "schedule.repository"
    title = "The repository of sources cannot be used."


class RepositoryAwayError(RepositoryError):
    """The repository of sources cannot be reached now."""

    code = "schedule.repository_away"
    title = "The repository of sources cannot be reached."
    retryable = True


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What a repository may hold; openaddresses has some 3,000 definitions of 12 MB in all."""

    entries: int = 100_000
    definitions: int = 20_000
    definition_bytes: int = 2 * 1024 * 1024
    total_bytes: int = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One definition: its path from `sources/` on, and its bytes, which are None where they are too many."""

    path: str
    body: bytes | None


def source_path(name: str) -> str | None:
    """Return the path of a definition from `sources/` on, or None for every other file and for paths that climb."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or "sources" not in parts[:2] or not name.endswith(".json"):
        return None
    return storable("/".join(parts[parts.index("sources") :]))


def storable(text: str) -> str:
    """Return a text with what no database takes written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def read_archive(file: IO[bytes], limits: ArchiveLimits | None = None) -> list[Member]:
    """Return the definitions of a zip file or a tarball in the order of their paths. Raises RepositoryError."""
    limits = limits or ArchiveLimits()
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    opened = _zip_members if start == _ZIP else _tar_members if start.startswith(_GZIP) else None
    if opened is None:
        raise RepositoryError("it is neither a zip file nor a gzipped tarball")
    try:
        return _collected(opened(file, limits), limits)
    except _UNSOUND as error:
        raise RepositoryError(f"the archive is broken: {type(error).__name__}: {error}") from error


def read_folder(folder: Path, limits: ArchiveLimits | None = None) -> list[Member]:
    """Return the definitions below `folder/sources`; links are not followed. Raises RepositoryError."""
    limits = limits or ArchiveLimits()
    if not (folder / "sources").is_dir():
        raise RepositoryError(f"there is no folder {folder / 'sources'}")
    return _collected(_folder_members(folder, limits), limits)


def _collected(members: Iterator[Member], limits: ArchiveLimits) -> list[Member]:
    found: dict[str, Member] = {}
    total_bytes = 0
    for member in members:
        found[member.path] = member
        total_bytes += len(member.body or b"")
        if len(found) > limits.definitions:
            raise RepositoryError(f"there are more than {limits.definitions:,} definitions")
        if total_bytes > limits.total_bytes:
            raise RepositoryError(f"the definitions have more than {limits.total_bytes:,} bytes")
    if not found:
        raise RepositoryError("there is no definition in it: they are sources/**/*.json")
    return [found[path] for path in sorted(found)]


def _folder_members(folder: Path, limits: ArchiveLimits) -> Iterator[Member]:
    for path in (folder / "sources").rglob("*.json"):
        if path.is_symlink() or not path.is_file():
            continue
        is_small = path.stat().st_size <= limits.definition_bytes
        place = storable(path.relative_to(folder).as_posix())
        yield Member(place, path.read_bytes() if is_small else None)


def _zip_members(packed: IO[bytes], limits: ArchiveLimits) -> Iterator[Member]:
    with zipfile.ZipFile(packed) as archive:
        infos = archive.infolist()
        if len(infos) > limits.entries:
            raise RepositoryError(f"the archive has more than {limits.entries:,} entries")
        for info in infos:
            place = source_path(info.filename)
            if place is None or info.is_dir() or info.flag_bits & _ENCRYPTED:
                continue
            with archive.open(info) as file:
                yield Member(place, _bounded(file.read(limits.definition_bytes + 1), limits))


def _tar_members(packed: IO[bytes], limits: ArchiveLimits) -> Iterator[Member]:
    with gzip.open(packed) as plain, tarfile.open(fileobj=io.BufferedReader(plain), mode="r|") as archive:
        for number, info in enumerate(archive):
            if number >= limits.entries:
                raise RepositoryError(f"the archive has more than {limits.entries:,} entries")
            place = source_path(info.name)
            file = archive.extractfile(info) if place is not None and info.isfile() else None
            if place is not None and file is not None:
                yield Member(place, _bounded(file.read(limits.definition_bytes + 1), limits))


def _bounded(body: bytes, limits: ArchiveLimits) -> bytes | None:
    return body if len(body) <= limits.definition_bytes else None
