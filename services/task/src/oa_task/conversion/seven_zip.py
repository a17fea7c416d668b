"""The members of 7z archives, also of those behind a program that unpacks them."""

import lzma
import shutil
import struct
import tempfile
import zlib
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

from oa_task.conversion.archive_members import ArchiveMember
from oa_task.conversion.member_names import safe_name
from oa_task.conversion.stream_codecs import chunks
from oa_task.conversion.unpack_budget import UnpackBudget
from oa_task.runtime.failure import TaskFailure

_MAGIC = b"7z\xbc\xaf\x27\x1c"
_PROGRAM_BYTES = 1 << 20
_LZMA1, _LZMA2, _PPMD = b"\x03\x01\x01", b"\x21", b"\x03\x04\x01"
_LARGEST_LZMA2 = 40
# The exceptions of the library for the bytes of a damaged archive, in addition to its own.
_DAMAGED = (
    *(lzma.LZMAError, zlib.error, struct.error, EOFError, ValueError, LookupError, TypeError, ArithmeticError),
    *(AttributeError, AssertionError, RuntimeError),
)


def seven_zip_members(path: Path, budget: UnpackBudget, depth: int) -> Generator[ArchiveMember, None, None]:
    """Yield the files of a 7z archive, which are unpacked to a temporary folder first. Raises TaskFailure."""
    from py7zr import exceptions  # noqa: PLC0415 - rarely needed, and loads many decoders

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "members"
        try:
            _extract(_archive_part(path, Path(scratch)), folder, path.name, budget, depth)
        except exceptions.PasswordRequired as error:
            raise _password_failure(path.name) from error
        except exceptions.DecompressionBombError as error:
            budget.add_bytes(budget.remaining_bytes(depth) + 1, depth)
            raise TaskFailure("source.too_large", f"{path.name}: {error}") from error
        except exceptions.UnsupportedCompressionMethodError as error:
            text = f"{path.name} is compressed by a method of 7z that cannot be read: {error}"
            raise TaskFailure("source.archive", f"{text}: find a zip of the same data") from error
        except (exceptions.ArchiveError, exceptions.AbsolutePathError, *_DAMAGED) as error:
            raise TaskFailure("source.archive", f"{path.name} is not a valid 7z file: {error}") from error
        for item in sorted(folder.rglob("*")):
            if item.is_file():
                yield ArchiveMember(item.relative_to(folder).as_posix(), item.is_symlink(), partial(_read, item))


def _extract(archive_path: Path, folder: Path, name: str, budget: UnpackBudget, depth: int) -> None:
    import py7zr  # noqa: PLC0415 - rarely needed, and loads many decoders

    with (
        archive_path.open("rb") as file,
        py7zr.SevenZipFile(file, max_extract_size=budget.remaining_bytes(depth)) as archive,
    ):
        if archive.needs_password():
            raise _password_failure(name)
        for entry in archive.files:
            budget.add_entry()
            safe_name(entry.filename)
            if entry.is_symlink or entry.is_junction:
                raise TaskFailure("source.archive", f"the entry {entry.filename[:200]!r} is a symbolic link")
        budget.check_announced(sum(entry.uncompressed for entry in archive.list()), depth)
        _check_dictionaries(archive, name, budget)
        archive.extractall(folder)


def _password_failure(name: str) -> TaskFailure:
    text = f"{name} is a 7z archive that needs a password: find an archive without one"
    return TaskFailure("source.archive", text)


def _archive_part(path: Path, scratch: Path) -> Path:
    """Return the archive itself, without the program in front of it."""
    with path.open("rb") as file:
        offset = file.read(_PROGRAM_BYTES).find(_MAGIC)
        if offset <= 0:
            return path
        file.seek(offset)
        part = scratch / "archive.7z"
        with part.open("wb") as target:
            shutil.copyfileobj(file, target)
    return part


def _check_dictionaries(archive: object, name: str, budget: UnpackBudget) -> None:
    """Check the memory of each decoder, which the properties of its coder state."""
    streams = getattr(getattr(archive, "header", None), "main_streams", None)
    for folder in streams.unpackinfo.folders if streams is not None else []:
        for coder in folder.coders:
            budget.check_decoder(_dictionary_bytes(coder["method"], coder["properties"] or b""), name)


def _dictionary_bytes(method: bytes, properties: bytes) -> int:
    if method in {_LZMA1, _PPMD}:
        return int.from_bytes(properties[1:5], "little")
    if method == _LZMA2 and properties:
        bits = min(properties[0], _LARGEST_LZMA2)
        return (2 | (bits & 1)) << (bits // 2 + 11)
    return 0


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from chunks(file)
    path.unlink()
