"""MapInfo files: the encoding that a definition names, and the number of rows that their parts announce.

GDAL decodes the texts by the charset in the header, and ends without a word where a part of the data is cut.
"""

import re
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile

from oa_task.read.request import ReadRequest
from oa_task.read.scratch import scratch_folder
from oa_task.runtime.failure import TaskFailure

MAPINFO = "mapinfo"
_COPY_PURPOSE = "neutral"
_HEADER_LINES = 200
_PARTS = frozenset({".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid"})
_CHARSET = re.compile(rb'(charset\s+)("[^"\r\n]*"|[\w.-]+)', re.IGNORECASE)
_COLUMNS = re.compile(rb"^\s*columns\s+(\d+)", re.IGNORECASE)
_DATA = re.compile(rb"^\s*data\s*$", re.IGNORECASE)
_SHAPE = re.compile(
    rb"^\s*(none|point|line|pline|region|arc|text|rect|roundrect|ellipse|multipoint|collection\s+(\d+))(?=\s|$)",
    re.IGNORECASE,
)
# The numbers of points, lines, regions and texts in the header of a .map file, as GDAL's driver MapInfo File reads it.
_MAP_MAGIC, _MAP_COUNTS = struct.Struct("<256xI"), struct.Struct("<316x4i")
_MAGIC = 42_424_242


def readable_mapinfo(request: ReadRequest, stack: ExitStack) -> Path:
    """Return the file, or a copy of neutral charset if the definition names the encoding: then GDAL decodes nothing.

    The stack removes the copy. Raises TaskFailure source.columns_missing for a .mif file without the .mid file with
    its attributes.
    """
    path = request.path
    if path.suffix.lower() == ".mif" and _part(path, ".mid") is None and _has_columns(path):
        text = f"{path.stem}.mid is missing: it holds the attributes of {path.name}; check what the URL returns"
        raise TaskFailure("source.columns_missing", text)
    if request.option("encoding") is None:
        return path
    folder = scratch_folder(path, _COPY_PURPOSE, stack)
    for part in path.parent.iterdir():
        if part != path and part.stem.lower() == path.stem.lower() and part.suffix.lower() in _PARTS:
            copyfile(part, folder / part.name)
    with path.open("rb") as source, (folder / path.name).open("wb") as target:
        for number, line in enumerate(source):
            target.write(_CHARSET.sub(rb'\1"Neutral"', line) if number < _HEADER_LINES else line)
    return folder / path.name


def count_mapinfo_rows(path: Path, default: int) -> int:
    """Return how many rows a .mif file and its .mid file have, the larger number of both; `default` for a .tab file."""
    if path.suffix.lower() != ".mif":
        return default
    attributes = _part(path, ".mid")
    return max(_count_shapes(path), _count_records(attributes) if attributes is not None else 0)


def count_mapinfo_shapes(path: Path) -> int | None:
    """Return how many shapes the .map file of a .tab file announces, None if nothing announces it."""
    shapes = _part(path, ".map") if path.suffix.lower() == ".tab" else None
    if shapes is None:
        return None
    with shapes.open("rb") as file:
        header = file.read(_MAP_COUNTS.size)
    if len(header) < _MAP_COUNTS.size or _MAP_MAGIC.unpack_from(header)[0] != _MAGIC:
        return None
    counts: tuple[int, ...] = _MAP_COUNTS.unpack_from(header)
    return sum(counts)


def _part(path: Path, suffix: str) -> Path | None:
    """Return the part of a data set with a suffix, in letters of any case."""
    same = (item for item in path.parent.iterdir() if item.stem.lower() == path.stem.lower())
    return next((item for item in same if item.suffix.lower() == suffix), None)


def _has_columns(path: Path) -> bool:
    with path.open("rb") as file:
        for _, line in zip(range(_HEADER_LINES), file, strict=False):
            if match := _COLUMNS.match(line):
                return int(match[1]) > 0
    return False


def _count_shapes(path: Path) -> int:
    """Return how many shapes follow the header of a .mif file; those inside a collection belong to it."""
    count = inner = 0
    with path.open("rb") as file:
        for line in _after_header(file):
            match = _SHAPE.match(line)
            if match is None:
                continue
            if inner:
                inner -= 1
                continue
            count += 1
            inner = int(match[2] or 0)
    return count


def _after_header(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if _DATA.match(line):
            break
    yield from lines


def _count_records(path: Path) -> int:
    """Return how many records a .mid file has; a text in quotes may have several lines."""
    count = 0
    is_open = False
    with path.open("rb") as file:
        for line in file:
            is_open ^= line.count(b'"') % 2 == 1
            count += int(not is_open and bool(line.strip()))
    return count + int(is_open)
