"""Geometries from Arrow columns of WKB: points at once as numbers, others through shapely."""

import struct
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import shapely

_HEADER_BYTES = 5
# Little-endian points: 2D, with Z, with M (as ISO and as PostGIS write the type), with both.
_POINT_TYPES = {
    21: (1,),
    29: (1001, 2001, 0x80000001, 0x40000001),
    37: (3001, 0xC0000001),
}
# By the thousands of an ISO type (Z, M, both), or by the two highest bits of a PostGIS type.
_MORE_ORDINATES = (0, 1, 1, 2)
_POINT, _LINE, _POLYGON = 1, 2, 3


def points(array: pa.Array) -> tuple[np.ndarray, np.ndarray] | None:
    """Return x and y, NaN where there is none, if all geometries of the column are points."""
    ends, body = _buffers(array)
    sizes = np.diff(ends)
    filled = sizes > 0
    kinds = np.unique(sizes[filled])
    if len(kinds) != 1 or int(kinds[0]) not in _POINT_TYPES:
        return None
    size = int(kinds[0])
    records = body[ends[0] : ends[-1]].reshape(-1, size)
    types = np.unique(np.ascontiguousarray(records[:, 1:_HEADER_BYTES]).view("<u4"))
    if (records[:, 0] != 1).any() or len(types) != 1 or int(types[0]) not in _POINT_TYPES[size]:
        return None
    x, y = (np.full(len(sizes), np.nan) for _ in "xy")
    pairs = np.ascontiguousarray(records[:, _HEADER_BYTES : _HEADER_BYTES + 16]).view("<f8")
    x[filled], y[filled] = pairs[:, 0], pairs[:, 1]
    return x, y


def shapes(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return an object array of geometries, None where there is none, and the places of those that are not sound.

    An unsound one, such as a ring of two points, is replaced by the centre of its bounds, as GDAL's users know it.
    """
    bodies = np.array(array.to_pylist(), dtype=object)
    result = np.atleast_1d(shapely.from_wkb(bodies, on_invalid="ignore"))
    is_unsound = shapely.is_missing(result) & np.array([bool(body) for body in bodies], dtype=bool)
    unsound = np.flatnonzero(is_unsound)
    for place in unsound:
        result[place] = _centre(bodies[place])
    return result, unsound


def _buffers(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the values, the first value's start before them, and the bytes."""
    width = np.int64 if pa.types.is_large_binary(array.type) else np.int32
    _, ends, body = array.buffers()
    ends = np.frombuffer(ends, dtype=width)[array.offset : array.offset + len(array) + 1]
    return ends, np.frombuffer(body or b"", dtype=np.uint8)


def _centre(body: bytes) -> shapely.Geometry | None:
    try:
        coordinates = np.concatenate([*_coordinates(_Cursor(body))])
    except (struct.error, ValueError):
        return None
    if not len(coordinates) or not np.isfinite(coordinates).all():
        return None
    return shapely.Point((coordinates.min(axis=0) + coordinates.max(axis=0)) / 2)


class _Cursor:
    """Reads WKB from front to back."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._place = 0
        self._order = "<"

    def header(self) -> tuple[int, int]:
        """Return the kind of the geometry that begins here, 1 to 7, and the ordinates of a coordinate."""
        self._order = "<" if self._body[self._place : self._place + 1] == b"\x01" else ">"
        self._place += 1
        code = self.count()
        flags, flat = code >> 30, code & 0xFFFF
        return flat % 1000, 2 + _MORE_ORDINATES[flags or flat // 1000]

    def count(self) -> int:
        (value,) = struct.unpack_from(f"{self._order}I", self._body, self._place)
        self._place += 4
        return int(value)

    def pairs(self, count: int, ordinates: int) -> np.ndarray:
        values = np.frombuffer(self._body, dtype=f"{self._order}f8", count=count * ordinates, offset=self._place)
        self._place += values.nbytes
        return values.reshape(count, ordinates)[:, :2]


def _coordinates(cursor: _Cursor) -> Iterator[np.ndarray]:
    """Yield the x, y pairs of the lines and rings of a geometry."""
    kind, ordinates = cursor.header()
    if kind == _POINT:
        yield cursor.pairs(1, ordinates)
    elif kind == _LINE:
        yield cursor.pairs(cursor.count(), ordinates)
    elif kind == _POLYGON:
        for _ in range(cursor.count()):
            yield cursor.pairs(cursor.count(), ordinates)
    else:
        for _ in range(cursor.count()):
            yield from _coordinates(cursor)
