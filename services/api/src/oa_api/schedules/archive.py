"""Definitions from an archive of a repository, within limits: archives are untrusted."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from oa_api.http.safe_json import escape_unstorable
from oa_shared.errors import OaError

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
)
_ENCRYPTED = 0x1


class RepositoryError(OaError):
    """The repository of sources cannot be read, or is not a repository."""

    code = "schedule.repository"
    title = "Invalid repository of sources."


class RepositoryUnavailableError(RepositoryError):
    """The repository of sources cannot be reached."""

    code = "schedule.repository_unavailable"
    title = "The repository of sources is unavailable."
    retryable = True


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """The limits of a repository; openaddresses has about 3,000 definitions with 12 MB in total."""

    entries: int = 100_000
    definitions: int = 20_000
    definition_bytes: int = 2 * 1024 * 1024
    total_bytes: int = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A definition: its path from `sources/` on, and its bytes, None if it is too large."""

    path: str
    body: bytes | None


def source_path(name: str) -> str | None:
    """Return the path of a definition from `sources/` on; None for other files and for paths with `..`."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or "sources" not in parts[:2] or not name.endswith(".json"):
        return None
    return escape_unstorable("/".join(parts[parts.index("sources") :]))


def read_archive(file: IO[bytes], limits: ArchiveLimits | None = None) -> list[Member]:
    """Return the definitions in a zip file or a tarball by path. Raises RepositoryError."""
    limits = limits or ArchiveLimits()
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    list_members = _zip_members if start == _ZIP else _tar_members if start.startswith(_GZIP) else None
    if list_members is None:
        raise RepositoryError("the archive is neither a zip file nor a gzipped tarball")
    try:
        return _collect(list_members(file, limits), limits)
    except _ARCHIVE_ERRORS as error:
        raise RepositoryError(f"the archive is broken: {type(error).__name__}: {error}") from error


def read_folder(folder: Path, limits: ArchiveLimits | None = None) -> list[Member]:
    """Return the definitions below `folder/sources`; links are not followed. Raises RepositoryError."""
    limits = limits or ArchiveLimits()
    if not (folder / "sources").is_dir():
        raise RepositoryError(f"no folder {folder / 'sources'}")
    return _collect(_folder_members(folder, limits), limits)


def _collect(members: Iterator[Member], limits: ArchiveLimits) -> list[Member]:
    by_path: dict[str, Member] = {}
    total_bytes = 0
    for member in members:
        by_path[member.path] = member
        total_bytes += len(member.body or b"")
        if len(by_path) > limits.definitions:
            raise RepositoryError(f"the repository has more than {limits.definitions:,} definitions")
        if total_bytes > limits.total_bytes:
            raise RepositoryError(f"the definitions have more than {limits.total_bytes:,} bytes")
    if not by_path:
        raise RepositoryError("the repository has no definitions: expected sources/**/*.json")
    return [by_path[path] for path in sorted(by_path)]


def _folder_members(folder: Path, limits: ArchiveLimits) -> Iterator[Member]:
    for path in (folder / "sources").rglob("*.json"):
        if path.is_symlink() or not path.is_file():
            continue
        is_small = path.stat().st_size <= limits.definition_bytes
        source = escape_unstorable(path.relative_to(folder).as_posix())
        yield Member(source, path.read_bytes() if is_small else None)


def _zip_members(file: IO[bytes], limits: ArchiveLimits) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if len(infos) > limits.entries:
            raise RepositoryError(f"the archive has more than {limits.entries:,} entries")
        for info in infos:
            path = source_path(info.filename)
            if path is None or info.is_dir() or info.flag_bits & _ENCRYPTED:
                continue
            with archive.open(info) as member:
                yield Member(path, _limit_body(member.read(limits.definition_bytes + 1), limits))


def _tar_members(file: IO[bytes], limits: ArchiveLimits) -> Iterator[Member]:
    with gzip.open(file) as plain, tarfile.open(fileobj=io.BufferedReader(plain), mode="r|") as archive:
        for number, info in enumerate(archive):
            if number >= limits.entries:
                raise RepositoryError(f"the archive has more than {limits.entries:,} entries")
            path = source_path(info.name)
            member = archive.extractfile(info) if path is not None and info.isfile() else None
            if path is not None and member is not None:
                yield Member(path, _limit_body(member.read(limits.definition_bytes + 1), limits))


def _limit_body(body: bytes, limits: ArchiveLimits) -> bytes | None:
    return body if len(body) <= limits.definition_bytes else None
