"""Removes from an installed environment what no image uses: `python3 trim.py SITE_PACKAGES LIST`.

The list has a pattern a line, `pattern # reason`, against the path of a file below SITE_PACKAGES, where `*` matches `/`
too; `!pattern` keeps files that an earlier line removes. Libraries lose their symbols and debug information.
Runs in the build stage of the Dockerfiles, with the standard library only.
"""

import fnmatch
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

_ELF = b"\x7fELF\x02\x01"  # 64-bit, little-endian: x86-64 and ARM64
_ELF_HEADER_BYTES = 64
_PAGE_BYTES = 4096
_LOADED, _DYNAMIC = 1, 2  # types of program headers: a segment that the loader maps, and the loader's table
_NEEDED, _STRINGS = 1, 5  # tags of that table: the name of a library to load, and the address of the names


class UnusedFilesError(ValueError):
    """A line of the list has no reason."""


@dataclass(frozen=True, slots=True)
class FilePattern:
    """A line of the list: files to remove, or to keep."""

    glob: str
    reason: str
    is_kept: bool


def read_patterns(text: str) -> list[FilePattern]:
    """Return the patterns of a list. Raises UnusedFilesError for a line without a reason."""
    patterns = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        glob, _, reason = line.partition(" # ")
        if not reason.strip():
            raise UnusedFilesError(f"{line!r} lacks a reason: use `pattern # reason`")
        patterns.append(FilePattern(glob.strip().removeprefix("!"), reason.strip(), glob.startswith("!")))
    return patterns


def unused_files(root: Path, patterns: Iterable[FilePattern]) -> Iterator[tuple[Path, FilePattern]]:
    """Yield each file below `root` that the last matching pattern removes, with that pattern."""
    in_order = list(patterns)
    for path in sorted(root.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        name = path.relative_to(root).as_posix()
        matching = [pattern for pattern in in_order if fnmatch.fnmatchcase(name, pattern.glob)]
        if matching and not matching[-1].is_kept:
            yield path, matching[-1]


@dataclass(slots=True)
class FileRange:
    """Bytes of a file that the loader reads, and where the smaller file has them."""

    start: int
    end: int
    alignment: int
    moved_to: int = 0


def without_symbols(binary: bytes) -> bytes:
    """Return an ELF file with the bytes that its program headers name: without symbols and debug information.

    A segment keeps its position modulo its alignment, as the loader requires. `strip` of binutils goes by the table of
    sections, and damages libraries whose headers auditwheel has moved.
    """
    (table,) = struct.unpack_from("<Q", binary, 32)
    entry_bytes, count = struct.unpack_from("<HH", binary, 54)
    entries = range(table, table + entry_bytes * count, entry_bytes)
    ranges = [FileRange(0, _ELF_HEADER_BYTES, 1), FileRange(table, table + entry_bytes * count, 8)]
    for entry in entries:
        kind, start, size, alignment = struct.unpack_from("<I4xQ16xQ8xQ", binary, entry)
        if kind == _LOADED and size:
            # The loader maps whole pages, and auditwheel leaves strings behind the end of a segment that it moves.
            ranges.append(FileRange(start - start % _PAGE_BYTES, _page_end(start + size, len(binary)), alignment))
        else:
            ranges.append(FileRange(start, start + size, 1))
    kept = _merge(ranges)
    smaller = bytearray()
    for each in kept:
        alignment = max(each.alignment, _PAGE_BYTES)
        each.moved_to = len(smaller) + (each.start - len(smaller)) % alignment
        smaller += bytes(each.moved_to - len(smaller)) + binary[each.start : each.end]
    for entry in entries:
        (start,) = struct.unpack_from("<Q", binary, entry + 8)
        struct.pack_into("<Q", smaller, _new_offset(entry, kept) + 8, _new_offset(start, kept))
    struct.pack_into("<QQ", smaller, 32, _new_offset(table, kept), 0)
    struct.pack_into("<HH", smaller, 60, 0, 0)
    return bytes(smaller)


def without_needs(binary: bytes, removed: Iterable[str]) -> bytes:
    """Return an ELF file that does not ask the loader for the removed libraries.

    A library may name another that it does not use. One that it uses fails to load with LD_BIND_NOW.
    """
    names = {name.encode() for name in removed}
    (table,) = struct.unpack_from("<Q", binary, 32)
    entry_bytes, count = struct.unpack_from("<HH", binary, 54)
    entries = [struct.unpack_from("<I4xQQ8xQ", binary, table + place * entry_bytes) for place in range(count)]
    dynamic = next(((start, size) for kind, start, _, size in entries if kind == _DYNAMIC), None)
    if dynamic is None:
        return binary
    pairs = list(struct.iter_unpack("<QQ", binary[dynamic[0] : sum(dynamic)]))
    address = next(value for tag, value in pairs if tag == _STRINGS)
    strings = next(
        start + address - loaded_at
        for kind, start, loaded_at, size in entries
        if kind == _LOADED and loaded_at <= address < loaded_at + size
    )

    def is_kept(pair: tuple[int, int]) -> bool:
        tag, value = pair
        return tag != _NEEDED or binary[strings + value : binary.index(b"\0", strings + value)] not in names

    kept = [pair for pair in pairs if is_kept(pair)]
    smaller = bytearray(binary)
    content = b"".join(struct.pack("<QQ", *pair) for pair in kept)
    smaller[dynamic[0] : sum(dynamic)] = content.ljust(dynamic[1], b"\0")  # zeros end the table
    return bytes(smaller)


def _page_end(offset: int, file_bytes: int) -> int:
    return min(offset + -offset % _PAGE_BYTES, file_bytes)


def _merge(ranges: Iterable[FileRange]) -> list[FileRange]:
    merged: list[FileRange] = []
    for each in sorted((each for each in ranges if each.end > each.start), key=lambda each: (each.start, each.end)):
        if merged and each.start <= merged[-1].end:
            merged[-1].end = max(merged[-1].end, each.end)
            merged[-1].alignment = max(merged[-1].alignment, each.alignment)
        else:
            merged.append(each)
    return merged


def _new_offset(offset: int, kept: Iterable[FileRange]) -> int:
    return next((offset - each.start + each.moved_to for each in kept if each.start <= offset <= each.end), offset)


def _is_program_or_library(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_ELF)) == _ELF


def strip(path: Path, removed: Iterable[str] = ()) -> int:
    """Replace an ELF file by a smaller one that needs no removed library; return the bytes saved.

    Other links to the file keep the old one.
    """
    binary = path.read_bytes()
    smaller = without_symbols(without_needs(binary, removed))
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(smaller)
    written = Path(file.name)
    written.chmod(path.stat().st_mode)
    written.replace(path)
    return len(binary) - len(smaller)


def trim(root: Path, patterns: Iterable[FilePattern]) -> dict[str, int]:
    """Remove the unused files below `root`, then symbols and empty folders; return the bytes saved by reason."""
    saved: dict[str, int] = {}
    removed = []
    for path, pattern in list(unused_files(root, patterns)):
        removed.append(path.name)
        saved[pattern.reason] = saved.get(pattern.reason, 0) + path.lstat().st_size
        path.unlink()
    for compiled in list(root.rglob("__pycache__/*.pyc")):
        if not compiled.parent.with_name(f"{compiled.name.partition('.')[0]}.py").exists():
            compiled.unlink()
    for folder in sorted(root.rglob("*"), reverse=True):
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()
    binaries = [path for path in root.rglob("*") if _is_program_or_library(path)]
    saved["symbols and debug information of libraries"] = sum(strip(path, removed) for path in binaries)
    return saved


def main() -> None:
    """Trim the environment named on the command line and print what it saved."""
    root, unused = map(Path, sys.argv[1:])
    saved = trim(root, read_patterns(unused.read_text("utf-8")))
    for reason, size in sorted(saved.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"{size / 1e6:7.1f} MB  {reason}\n")
    sys.stdout.write(f"{sum(saved.values()) / 1e6:7.1f} MB  in all\n")


if __name__ == "__main__":
    main()
