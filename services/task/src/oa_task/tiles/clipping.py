"""Cutting rings to a square: a tile and the buffer around it."""

import numpy as np
import shapely

from oa_task.tiles.measures import following_values
from oa_task.tiles.outlines import AREA, LINE
from oa_task.tiles.rings import Rings, join


def clip(rings: Rings, low: int, high: int) -> Rings:
    """Return the lines and areas in the square from (low, low) to (high, high), in the order of owners.

    Areas are cut side by side (Sutherland and Hodgman, "Reentrant polygon clipping", 1974): the parts of a bent
    area stay joined along the sides of the square.
    """
    areas = rings.select(rings.kinds == AREA)
    for axis in (0, 1):
        areas = _clip_side(_clip_side(areas, axis, low, is_lower=True), axis, high, is_lower=False)
    return join([areas, _clip_lines(rings.select(rings.kinds == LINE), low, high)])


def _clip_side(rings: Rings, axis: int, bound: int, *, is_lower: bool) -> Rings:
    places = rings.vertices[:, axis]
    inside = places >= bound if is_lower else places <= bound
    if inside.all():
        return rings
    crosses = inside != following_values(inside, rings.starts, rings.sizes)
    counts = inside.astype(np.int64) + crosses
    ends = np.cumsum(counts)
    vertices = np.empty((int(ends[-1]), 2), dtype=rings.vertices.dtype)
    vertices[(ends - counts)[inside]] = rings.vertices[inside]
    following = following_values(rings.vertices, rings.starts, rings.sizes)
    here, there = rings.vertices[crosses].astype(np.float64), following[crosses].astype(np.float64)
    share = (bound - here[:, axis]) / (there[:, axis] - here[:, axis])
    cut = np.rint(here + share[:, None] * (there - here))
    cut[:, axis] = bound
    vertices[ends[crosses] - 1] = cut
    return rings.with_sizes(np.add.reduceat(counts, rings.starts), vertices)


def _clip_lines(rings: Rings, low: int, high: int) -> Rings:
    # GEOS makes no line of one vertex.
    long = rings.select(rings.sizes > 1)
    if not len(long):
        return long
    lines = shapely.linestrings(long.vertices, indices=np.repeat(np.arange(len(long)), long.sizes))
    parts, indexes = shapely.get_parts(shapely.clip_by_rect(lines, low, low, high, high), return_index=True)
    coordinates, of_part = shapely.get_coordinates(parts, return_index=True)
    indexes = indexes[np.unique(of_part)]
    sizes = np.bincount(of_part, minlength=len(parts))
    chosen = (long.owners[indexes], long.kinds[indexes], long.parts[indexes], long.is_hole[indexes])
    return Rings(*chosen, sizes[sizes > 0], np.rint(coordinates).astype(rings.vertices.dtype))
