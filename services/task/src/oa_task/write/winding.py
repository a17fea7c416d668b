"""The direction of rings: outlines counterclockwise, holes clockwise (RFC 7946, 3.1.6), for a batch at a time."""

import numpy as np
import shapely

from oa_task.write.rounding import DECIMALS

_UNIT = 10.0**DECIMALS
_POLYGON, _MULTI_POLYGON, _COLLECTION = 3, 6, 7
_FIRST_MULTI = 4

# The index of the first vertex of each ring, the number of its vertices, and whether it is a hole.
_Rings = tuple[np.ndarray, np.ndarray, np.ndarray]


def wind(shapes: np.ndarray) -> np.ndarray:
    """Return geometries with rounded coordinates, every ring turned as it should."""
    coordinates = shapely.get_coordinates(shapes)
    mirror = mirror_vertices(shapes, coordinates)
    return shapes if mirror is None else np.asarray(shapely.set_coordinates(shapes.copy(), coordinates[mirror]))


@np.errstate(over="ignore", invalid="ignore")  # coordinates near the largest number
def mirror_vertices(shapes: np.ndarray, coordinates: np.ndarray) -> np.ndarray | None:
    """Return for each vertex the one to put in its place, so that every ring turns as it should; None if all do.

    `coordinates` are those of `shapes`, rounded. A mirrored ring keeps its first vertex, and mirroring it again
    restores the ring. A ring without an area has no direction and stays.
    """
    starts, sizes, is_hole = _rings(shapes)
    if not len(starts):
        return None
    # With the vertices in units of the last decimal from the first one, areas of rings below 9 degrees are exact.
    within = coordinates if sizes.sum() == len(coordinates) else coordinates[_indexes(starts, sizes)]
    firsts = np.cumsum(sizes) - sizes
    steps = np.rint((within - np.repeat(coordinates[starts], sizes, axis=0)) * _UNIT)
    # The last vertex of a ring is its first one, at 0, 0: products with a vertex of the next ring are 0.
    products = np.zeros(len(within))
    products[:-1] = steps[:-1, 0] * steps[1:, 1] - steps[1:, 0] * steps[:-1, 1]
    areas = np.add.reduceat(products, firsts)
    is_turned = np.where(is_hole, areas > 0, areas < 0)
    if not is_turned.any():
        return None
    starts, sizes = starts[is_turned], sizes[is_turned]
    mirror = np.arange(len(coordinates))
    turned = _indexes(starts, sizes)
    mirror[turned] = np.repeat(2 * starts + sizes - 1, sizes) - turned
    return mirror


def _rings(shapes: np.ndarray) -> _Rings:
    """Return all rings with vertices, in their order."""
    kinds = shapely.get_type_id(shapes)
    counts = shapely.get_num_coordinates(shapes)
    starts = np.cumsum(counts) - counts
    is_single = (kinds == _POLYGON) & (shapely.get_num_interior_rings(shapes) == 0) & (counts > 0)
    others = np.flatnonzero(((kinds == _POLYGON) & ~is_single) | (kinds == _MULTI_POLYGON) | (kinds == _COLLECTION))
    single: _Rings = (starts[is_single], counts[is_single], np.zeros(int(is_single.sum()), dtype=bool))
    if not len(others):
        return single
    found = _rings_of_parts(shapes[others], starts[others])
    joined = [np.concatenate(pair) for pair in zip(single, found, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return joined[0][order], joined[1][order], joined[2][order]


def _rings_of_parts(shapes: np.ndarray, starts: np.ndarray) -> _Rings:
    """Return the rings of the polygons in geometries, whose first vertices have the indexes `starts`."""
    parts, owners = shapes, np.arange(len(shapes))
    while (shapely.get_type_id(parts) >= _FIRST_MULTI).any():
        parts, indexes = shapely.get_parts(parts, return_index=True)
        owners = owners[indexes]
    part_starts = _starts_within(shapely.get_num_coordinates(parts), owners, starts)
    is_polygon = shapely.get_type_id(parts) == _POLYGON
    rings, polygons = shapely.get_rings(parts[is_polygon], return_index=True)
    sizes = shapely.get_num_coordinates(rings)
    ring_starts = _starts_within(sizes, polygons, part_starts[is_polygon])
    is_hole = np.diff(polygons, prepend=-1) == 0
    filled = sizes > 0
    return ring_starts[filled], sizes[filled], is_hole[filled]


def _starts_within(sizes: np.ndarray, owners: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the index of the first vertex of consecutive pieces, by the size and the owner of each."""
    before = np.cumsum(sizes) - sizes
    before_owner = np.zeros(len(starts), dtype=np.int64)
    is_first = np.diff(owners, prepend=-1) != 0
    before_owner[owners[is_first]] = before[is_first]
    return np.asarray(starts[owners] + before - before_owner[owners])


def _indexes(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    firsts = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(starts - firsts, sizes))
