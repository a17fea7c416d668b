"""Geometries from Arrow columns of WKB: points directly as numbers, plain ones through GEOS, others one by one."""

import numpy as np
import pyarrow as pa
import shapely

from oa_task.read.footprint import unite_patches
from oa_task.read.rings import assemble_polygons
from oa_task.read.wkb_cursor import GEOMETRY_BYTES, WkbError
from oa_task.read.wkb_geometry import WkbKind, center, is_flat, read_geometry

_HEADER_BYTES = 5
# Little-endian points: 2D, with Z, with M (as ISO and as PostGIS write the type), with both.
_POINT_TYPES = {
    21: (1,),
    29: (1001, 2001, 0x80000001, 0x40000001),
    37: (3001, 0xC0000001),
}
_ISO_STEP, _MAX_THOUSANDS = 1000, 3
_TYPE_BITS = 0x1FFFFFFF  # of a type word, without the bits of PostGIS for Z, M and SRID
# Heights: the high bit of EWKB, or 1,000 (Z) and 3,000 (ZM) added to the type of ISO.
_Z_BIT = 0x80000000
_ISO_WITH_HEIGHTS = (1, 3)
_PLAIN_KINDS = np.arange(WkbKind.POINT, WkbKind.COLLECTION)
_MULTI_AREAS = np.array([WkbKind.MULTI_POLYGON, WkbKind.MULTI_SURFACE])
_PART_COUNT, _RING_COUNT = slice(5, 9), slice(14, 18)  # of a multipolygon, and of its first part
# The nesting that fits in this many bytes takes less than half of the stack that GEOS has for it.
_MAX_UNCHECKED_BYTES = 32 * 1024


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


@np.errstate(over="ignore", invalid="ignore")  # coordinates near the largest number, and the NaN of an empty point
def shapes(array: pa.Array, *, has_loose_rings: bool = False) -> tuple[np.ndarray, dict[int, str]]:
    """Return an object array of straight geometries, and by index why some of them are unusable.

    None stands for a missing geometry, and for an unusable one unless it is sound but for rings and lines with too few
    points: the center of its bounds replaces it then, as users of GDAL know it. Every geometry with a point comes out
    with one or is unusable. With `has_loose_rings`, for formats that keep the rings of polygons in any
    order, the nesting of rings decides which of them are holes.
    """
    bodies = np.array(array.to_pylist(), dtype=object)
    is_filled = np.diff(_buffers(array)[0]) > 0
    is_plain, may_overlap = _classify(array, bodies, any_dimensions=has_loose_rings)
    plain = bodies.copy()
    plain[~is_plain] = None
    result: np.ndarray = shapely.from_wkb(plain, on_invalid="ignore")
    unusable: dict[int, str] = {}
    for index in np.flatnonzero(is_filled & shapely.is_missing(result)).tolist():
        try:
            result[index] = read_geometry(bodies[index])
        except (WkbError, shapely.errors.GEOSException) as error:
            result[index], unusable[index] = center(bodies[index]), str(error)
    for index in np.flatnonzero(may_overlap)[~shapely.is_valid(result[may_overlap])].tolist():
        if isinstance(result[index], shapely.MultiPolygon):
            result[index] = _nest(result[index]) if has_loose_rings else unite_patches(result[index])
    return result, unusable


def _nest(shape: shapely.MultiPolygon) -> shapely.Geometry:
    """Return the rings of a multipolygon as shells and holes by their nesting."""
    return assemble_polygons([ring for part in shape.geoms for ring in (part.exterior, *part.interiors)])


def _classify(array: pa.Array, bodies: np.ndarray, *, any_dimensions: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return whether GEOS can read each geometry, and whether it is a multipolygon of more than one ring.

    The latter is true only in space, unless it may have `any_dimensions`.

    GEOS reads points, lines, polygons and collections of one of these. It crashes on deep nesting.
    """
    ends, body = _buffers(array)
    starts, sizes = ends[:-1], np.diff(ends)
    headers = np.zeros((len(sizes), _HEADER_BYTES), dtype=np.uint8)
    filled = sizes >= GEOMETRY_BYTES
    headers[filled] = body[starts[filled, None] + np.arange(_HEADER_BYTES)]
    words = np.ascontiguousarray(headers[:, 1:])
    codes = np.where(headers[:, 0] == 1, words.view("<u4")[:, 0], words.view(">u4")[:, 0])
    thousands, kinds = np.divmod(codes & _TYPE_BITS, _ISO_STEP)
    is_plain = filled & (headers[:, 0] <= 1) & (thousands <= _MAX_THOUSANDS) & np.isin(kinds, _PLAIN_KINDS)
    for index in np.flatnonzero(is_plain & (kinds > WkbKind.POLYGON) & (sizes > _MAX_UNCHECKED_BYTES)).tolist():
        is_plain[index] = is_flat(bodies[index])
    has_heights = ((codes & _Z_BIT) > 0) | np.isin(thousands, _ISO_WITH_HEIGHTS)
    may_overlap = np.isin(kinds, _MULTI_AREAS) & (any_dimensions | has_heights)
    may_overlap[may_overlap] = ~_has_one_ring(starts[may_overlap], sizes[may_overlap], body)
    return is_plain, may_overlap


def _has_one_ring(starts: np.ndarray, sizes: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Return whether multipolygons have one part with one ring; False where they are not as GDAL writes them."""
    has_one = sizes > _RING_COUNT.stop
    for place in (_PART_COUNT, _RING_COUNT):
        count = np.ascontiguousarray(body[starts[has_one, None] + np.arange(place.start, place.stop)]).view("<u4")
        has_one[has_one] = count[:, 0] == 1
    return has_one


def _buffers(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes of the column, and the offsets in it: the start of the first value, then the end of each."""
    width = np.int64 if pa.types.is_large_binary(array.type) else np.int32
    _, ends, body = array.buffers()
    ends = np.frombuffer(ends, dtype=width)[array.offset : array.offset + len(array) + 1]
    return ends, np.frombuffer(body or b"", dtype=np.uint8)
