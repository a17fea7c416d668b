"""The members of 7z archives, also of those behind a program that unpacks them."""

import lzma
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from oa_task.conversion.archive_members import ArchiveMember
from oa_task.conversion.stream_codecs import chunks
from oa_task.conversion.unpack_budget import UnpackBudget
from oa_task.runtime.failure import TaskFailure

_MAGIC = b"7z\xbc\xaf\x27\x1c"
_PROGRAM_BYTES = 1 << 20
_LZMA1, _LZMA2, _PPMD = b"\x03\x01\x01", b"\x21", b"\x03\x04\x01"
_LARGEST_LZMA2 = 40


def seven_zip_members(path: Path, budget: UnpackBudget, depth: int) -> Iterator[ArchiveMember]:
    """Yield the files of a 7z archive, which are unpacked next to it first. Raises TaskFailure."""
    import py7zr  # noqa: PLC0415 - rarely needed, and loads many decoders
    from py7zr.exceptions import ArchiveError, DecompressionBombError, PasswordRequired  # noqa: PLC0415 - likewise

    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        folder = Path(scratch) / "members"
        try:
            with (
                _archive_part(path, Path(scratch)).open("rb") as file,
                py7zr.SevenZipFile(file, max_extract_size=budget.remaining_bytes(depth)) as archive,
            ):
                if archive.needs_password():
                    raise PasswordRequired("")
                entries = archive.list()
                for _entry in entries:
                    budget.add_entry()
                budget.check_announced(sum(entry.uncompressed for entry in entries), depth)
                _check_dictionaries(archive, path.name, budget)
                links = [entry.filename for entry in archive.files if entry.is_symlink or entry.is_junction]
                if links:
                    raise TaskFailure("source.archive", f"the entry {links[0][:200]!r} is a symbolic link")
                archive.extractall(folder)
        except PasswordRequired as error:
            text = f"{path.name} is a 7z archive that needs a password: find an archive without one"
            raise TaskFailure("source.archive", text) from error
        except DecompressionBombError as error:
            budget.add_bytes(budget.remaining_bytes(depth) + 1, depth)
            raise TaskFailure("source.too_large", f"{path.name}: {error}") from error
        except (ArchiveError, lzma.LZMAError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
            raise TaskFailure("source.archive", f"{path.name} is not a valid 7z file: {error}") from error
        for item in sorted(folder.rglob("*")):
            if item.is_file():
                yield ArchiveMember(item.relative_to(folder).as_posix(), item.is_symlink(), lambda item=item: _read(item))  # type: ignore[misc]


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
