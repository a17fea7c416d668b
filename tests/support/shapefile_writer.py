"""Shapefiles with parts of any type, order and direction: those that GDAL does not write."""

import struct
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

Place = tuple[float, ...]  # x, y and, except in polygons, z
_POLYGON, _MULTI_PATCH = 5, 31
_HEADER_BYTES, _VERSION, _FILE_CODE = 100, 1000, 9994
_FIELD_BYTES = 5
_WGS84 = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


class Patch(IntEnum):
    """The types of the parts of a MultiPatch (ESRI Shapefile Technical Description, page 20)."""

    STRIP = 0
    FAN = 1
    OUTER = 2
    INNER = 3
    FIRST = 4
    RING = 5


MultiPatch = Sequence[tuple[Patch, Sequence[Place]]]


def write_polygons(path: Path, shapes: Sequence[Sequence[Sequence[Place]]]) -> Path:
    """Write polygons of rings and return the path."""
    return _write(path, _POLYGON, [_polygon(rings) for rings in shapes])


def write_patches(path: Path, shapes: Sequence[MultiPatch]) -> Path:
    """Write MultiPatches and return the path."""
    return _write(path, _MULTI_PATCH, [_multi_patch(parts) for parts in shapes])


def _polygon(rings: Sequence[Sequence[Place]]) -> bytes:
    places = [place for ring in rings for place in ring]
    return _bounds(places) + struct.pack("<2i", len(rings), len(places)) + _starts(rings) + _pairs(places)


def _multi_patch(parts: MultiPatch) -> bytes:
    lists = [places for _, places in parts]
    places = [place for part in lists for place in part]
    heights = [place[2] for place in places]
    types = struct.pack(f"<{len(parts)}i", *(kind for kind, _ in parts))
    z = struct.pack(f"<{2 + len(heights)}d", min(heights), max(heights), *heights)
    counts = struct.pack("<2i", len(parts), len(places))
    return _bounds(places) + counts + _starts(lists) + types + _pairs(places) + z


def _bounds(places: Sequence[Place]) -> bytes:
    x, y = [place[0] for place in places], [place[1] for place in places]
    return struct.pack("<4d", min(x), min(y), max(x), max(y))


def _starts(parts: Sequence[Sequence[Place]]) -> bytes:
    return b"".join(struct.pack("<i", sum(map(len, parts[:index]))) for index in range(len(parts)))


def _pairs(places: Sequence[Place]) -> bytes:
    return b"".join(struct.pack("<2d", *place[:2]) for place in places)


def _write(path: Path, kind: int, contents: Sequence[bytes]) -> Path:
    body, index = b"", b""
    for number, content in enumerate(contents, 1):
        record = struct.pack("<i", kind) + content
        index += struct.pack(">2i", (_HEADER_BYTES + len(body)) // 2, len(record) // 2)
        body += struct.pack(">2i", number, len(record) // 2) + record
    path.write_bytes(_header(kind, len(body)) + body)
    path.with_suffix(".shx").write_bytes(_header(kind, len(index)) + index)
    path.with_suffix(".dbf").write_bytes(_table(len(contents)))
    path.with_suffix(".prj").write_text(_WGS84)
    return path


def _header(kind: int, size: int) -> bytes:
    start = struct.pack(">7i", _FILE_CODE, 0, 0, 0, 0, 0, (_HEADER_BYTES + size) // 2)
    return start + struct.pack("<2i8d", _VERSION, kind, -180, -90, 180, 90, 0, 0, 0, 0)


def _table(rows: int) -> bytes:
    header = struct.pack("<B3BIHH20x", 3, 124, 1, 1, rows, 65, 1 + _FIELD_BYTES)
    field = struct.pack("<11scIBB14x", b"NO", b"C", 0, _FIELD_BYTES, 0)
    return (
        header + field + b"\r" + b"".join(b" " + str(row).ljust(_FIELD_BYTES).encode() for row in range(rows)) + b"\x1a"
    )
