"""Geometries from Arrow columns of WKB: points directly as numbers, other geometries through shapely."""

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
# Indexed by the thousands of an ISO type (Z, M, both), or by the two highest bits of a PostGIS type.
_EXTRA_ORDINATES = (0, 1, 1, 2)
_POINT, _LINE, _POLYGON = 1, 2, 3


def points(array: pa.Array) -> tuple[np.ndarray, np.ndarray] | None:
    """Return x and y, NaN for a missing geometry, if all geometries of the column are points; otherwise None."""
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
    """Return an object array of geometries, None for a missing one, and the indexes of the invalid ones.

    The center of its bounds replaces an invalid geometry, such as a ring of two points, as users of
    GDAL know it.
    """
    bodies = np.array(array.to_pylist(), dtype=object)
    result = np.atleast_1d(shapely.from_wkb(bodies, on_invalid="ignore"))
    invalid = np.flatnonzero(shapely.is_missing(result) & np.array([bool(body) for body in bodies], dtype=bool))
    for index in invalid:
        result[index] = _center(bodies[index])
    return result, invalid


def _buffers(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes of the column, and the offsets in it: the start of the first value, then the end of each."""
    width = np.int64 if pa.types.is_large_binary(array.type) else np.int32
    _, ends, body = array.buffers()
    ends = np.frombuffer(ends, dtype=width)[array.offset : array.offset + len(array) + 1]
    return ends, np.frombuffer(body or b"", dtype=np.uint8)


def _center(body: bytes) -> shapely.Geometry | None:
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
        self._position = 0
        self._order = "<"

    def header(self) -> tuple[int, int]:
        """Return the kind of the geometry that starts here, 1 to 7, and the number of ordinates per coordinate."""
        self._order = "<" if self._body[self._position : self._position + 1] == b"\x01" else ">"
        self._position += 1
        code = self.count()
        flags, flat = code >> 30, code & 0xFFFF
        return flat % 1000, 2 + _EXTRA_ORDINATES[flags or flat // 1000]

    def count(self) -> int:
        """Return the number that starts here."""
        (value,) = struct.unpack_from(f"{self._order}I", self._body, self._position)
        self._position += 4
        return int(value)

    def pairs(self, count: int, ordinates: int) -> np.ndarray:
        """Return the x, y pairs of `count` coordinates."""
        values = np.frombuffer(self._body, dtype=f"{self._order}f8", count=count * ordinates, offset=self._position)
        self._position += values.nbytes
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
