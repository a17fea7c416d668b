"""Rings on the grid of a zoom: without repeated and needless vertices, valid, turning as the specification demands.

Outlines turn clockwise on the screen, holes the other way (vector tile specification 2.1, 4.3.3.3).
"""

import numpy as np
import shapely

from oa_task.tiles.measures import following_values
from oa_task.tiles.outlines import AREA, LINE
from oa_task.tiles.ragged import places_within
from oa_task.tiles.rings import Rings, is_of, join
from oa_task.tiles.simple_rings import are_seen_valid

_PASSES = 4
_MOST_VERTICES = 10_000
_MIN_LINE, _MIN_AREA = 2, 3


def clean(rings: Rings) -> Rings:
    """Return the rings that are left on the grid, valid and oriented, in the order of owners."""
    rings = _drop_needless(rings)
    rings = rings.select(
        rings.sizes >= np.select([rings.kinds == AREA, rings.kinds == LINE], [_MIN_AREA, _MIN_LINE], 1)
    )
    areas = rings.kinds == AREA
    if not areas.any():
        return rings
    flat = rings if areas.all() else rings.select(areas)
    cleaned = _orient(_repair(_without_lost_holes(flat)))
    return cleaned if flat is rings else join([cleaned, rings.select(~areas)])


def _drop_needless(rings: Rings) -> Rings:
    """Drop vertices equal to the one before, on a straight line between neighbors, or at the tip of a spike."""
    rings = rings.only(_differs(rings))
    owners, rings = rings.owners, rings.with_owners(np.arange(len(rings)))
    done: list[Rings] = []
    for _ in range(_PASSES):
        bends = _bends(rings)
        changed = rings.count_in_rings(bends) != rings.sizes
        if not changed.any():
            break
        done.append(rings.select(~changed))
        rings = rings.select(changed).only(bends.compress(np.repeat(changed, rings.sizes)))
        rings = rings.only(_differs(rings))
    joined = join([*done, rings])
    return joined.with_owners(owners[joined.owners])


def _differs(rings: Rings) -> np.ndarray:
    # Two numbers of 32 bits are compared as one of 64.
    pairs = np.ascontiguousarray(rings.vertices).view(np.int64).reshape(-1)
    differs: np.ndarray = np.empty(len(pairs), dtype=bool)
    differs[1:] = pairs[1:] != pairs[:-1]
    starts = rings.starts
    differs[starts] = (pairs[starts] != pairs[starts + rings.sizes - 1]) | (rings.kinds != AREA)
    return differs


def _bends(rings: Rings) -> np.ndarray:
    starts, sizes = rings.starts, rings.sizes
    x, y = np.ascontiguousarray(rings.vertices.T)
    out_x, out_y = following_values(x, starts, sizes) - x, following_values(y, starts, sizes) - y
    in_x, in_y = _previous_values(out_x, starts, sizes), _previous_values(out_y, starts, sizes)
    bends: np.ndarray = in_x * out_y != in_y * out_x
    others = rings.kinds != AREA
    if others.any():
        bends |= np.repeat(others, sizes) & (in_x * out_x + in_y * out_y < 0)
        bends[starts[others]] = True
        bends[(starts + sizes - 1)[others]] = True
    return bends


def _previous_values(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    previous = np.empty_like(values)
    previous[1:] = values[:-1]
    previous[starts] = values[starts + sizes - 1]
    return previous


def _repair(rings: Rings) -> Rings:
    """Make areas valid. Most have few corners and are quickly seen to be; GEOS decides about the others."""
    if not len(rings):
        return rings
    doubtful = ~are_seen_valid(rings)
    if not doubtful.any():
        return rings
    checked = rings.select(doubtful)
    owners, shapes = _shapes(checked)
    broken = ~shapely.is_valid(shapes)
    if not broken.any():
        return rings
    few = _limit_vertices(checked.select(is_of(checked.owners, owners[broken])))
    repaired = _repair_on_grid(*_shapes(few))
    return join([rings.select(~is_of(rings.owners, owners[broken])), repaired])


def _limit_vertices(rings: Rings) -> Rings:
    """Return rings with at most 10,000 vertices: the time of a repair grows with the crossings of edges."""
    within = places_within(rings.sizes)
    rate = np.repeat(np.maximum(rings.sizes, _MOST_VERTICES), rings.sizes)
    return rings.only(within * _MOST_VERTICES // rate != (within - 1) * _MOST_VERTICES // rate)


def _shapes(rings: Rings) -> tuple[np.ndarray, np.ndarray]:
    """Return the owners, and an area for each."""
    is_outline = ~rings.is_hole
    polygon_of_ring = np.cumsum(is_outline) - 1
    outlines = shapely.linearrings(_close_rings(rings), indices=np.repeat(np.arange(len(rings)), rings.sizes + 1))
    polygons = shapely.polygons(outlines, indices=polygon_of_ring)
    owners = rings.owners[is_outline]
    different, index = np.unique(owners, return_inverse=True)
    return different, shapely.multipolygons(polygons, indices=index)


def _close_rings(rings: Rings) -> np.ndarray:
    return np.insert(rings.vertices, rings.starts + rings.sizes, rings.vertices[rings.starts], axis=0).astype(
        np.float64
    )


def _repair_on_grid(owners: np.ndarray, shapes: np.ndarray) -> Rings:
    """Return valid areas on the grid."""
    try:
        repaired = _on_grid(shapes)
    except shapely.errors.GEOSException:
        repaired = np.array([_repair_one(shape) for shape in shapes], dtype=object)
    polygons, indexes = shapely.get_parts(repaired, return_index=True)
    is_area = (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(polygons)
    polygons, indexes = polygons[is_area], indexes[is_area]
    outlines, polygon_of_ring = shapely.get_rings(polygons, return_index=True)
    coordinates, ring_of_vertex = shapely.get_coordinates(outlines, return_index=True)
    stays = np.diff(ring_of_vertex, append=-1) == 0
    rings = Rings(
        owners[indexes[polygon_of_ring]],
        np.full(len(outlines), AREA),
        polygon_of_ring,
        np.diff(polygon_of_ring, prepend=-1) == 0,
        np.bincount(ring_of_vertex[stays], minlength=len(outlines)),
        np.rint(coordinates[stays]).astype(np.int32),
    )
    return rings.only(_differs(rings))


def _on_grid(shapes: np.ndarray) -> np.ndarray:
    """Return valid areas with corners on the grid, within the error of floats.

    A corner off the grid is where edges crossed. Rounding keeps 95 of 100 areas valid; `set_precision`, ten times as
    slow as the check, moves the corners of the others so that they are valid.
    """
    valid = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    rounded: np.ndarray = np.asarray(shapely.transform(valid, np.rint), dtype=object)
    broken = ~shapely.is_valid(rounded)
    rounded[broken] = shapely.set_precision(valid[broken], 1.0)
    return rounded


def _repair_one(shape: shapely.Geometry) -> shapely.Geometry:
    try:
        (repaired,) = _on_grid(np.array([shape], dtype=object))
    except shapely.errors.GEOSException:
        return shapely.convex_hull(shape)
    return repaired


def _without_lost_holes(rings: Rings) -> Rings:
    """Drop the holes whose outline was too small for the grid."""
    if not rings.is_hole.any():
        return rings
    starts_part = (np.diff(rings.owners, prepend=-1) != 0) | (np.diff(rings.parts, prepend=-1) != 0)
    is_lost = rings.is_hole[starts_part][np.cumsum(starts_part) - 1]
    return rings.select(~is_lost) if is_lost.any() else rings


def _orient(rings: Rings) -> Rings:
    if not len(rings):
        return rings
    x, y = rings.vertices[:, 0].astype(np.int64), rings.vertices[:, 1].astype(np.int64)
    next_x, next_y = (following_values(values, rings.starts, rings.sizes) for values in (x, y))
    doubled = np.add.reduceat(x * next_y - next_x * y, rings.starts)
    backward = (doubled < 0) != rings.is_hole
    if not backward.any():
        return rings
    within = np.arange(len(rings.vertices), dtype=np.int64)
    turned = np.repeat(backward, rings.sizes)
    mirror = np.repeat(2 * rings.starts + rings.sizes - 1, rings.sizes) - within
    return rings.with_vertices(rings.vertices.take(np.where(turned, mirror, within), axis=0))
