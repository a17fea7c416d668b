"""The extent of a polygon in extended well-known binary, as PostGIS prints it in hexadecimal digits.

The format is that of the OGC (06-103r4, 8.2) with PostGIS's flags for a system of coordinates, Z and M. The reader of
the text needs no PostGIS.
"""

import math
import struct

_POLYGON = 3
_HAS_Z, _HAS_M, _HAS_SYSTEM = 0x80000000, 0x40000000, 0x20000000
_TYPE_BITS = 0xFFFF
_BYTE_ORDERS = {0: ">", 1: "<"}


def polygon_extent(text: str) -> list[float] | None:
    """Return west, south, east, north; None for an empty polygon. Raises ValueError for anything else."""
    try:
        return _extent(bytes.fromhex(text))
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError("the bounds are not a polygon in well-known binary") from error


def _extent(body: bytes) -> list[float] | None:
    order = _BYTE_ORDERS[body[0]]
    (kind,) = struct.unpack_from(f"{order}I", body, 1)
    if kind & _TYPE_BITS != _POLYGON:
        raise ValueError(f"the bounds are a geometry of type {kind & _TYPE_BITS}, not a polygon")
    place = 5 + (4 if kind & _HAS_SYSTEM else 0)
    width = 2 + bool(kind & _HAS_Z) + bool(kind & _HAS_M)
    (rings,) = struct.unpack_from(f"{order}I", body, place)
    place += 4
    west, south, east, north = math.inf, math.inf, -math.inf, -math.inf
    for _ in range(rings):
        (points,) = struct.unpack_from(f"{order}I", body, place)
        values = struct.unpack_from(f"{order}{points * width}d", body, place + 4)
        place += 4 + 8 * points * width
        xs, ys = values[::width], values[1::width]
        if points:
            west, east = min(west, *xs), max(east, *xs)
            south, north = min(south, *ys), max(north, *ys)
    sides = [west, south, east, north]
    return sides if all(map(math.isfinite, sides)) else None
