"""The size of entries: their boxes, and the area or length that decides whether a zoom can show them."""

from dataclasses import dataclass

import numpy as np

from oa_task.tiles.outlines import AREA, LINE, Outlines
from oa_task.tiles.ragged import firsts_of


@dataclass(frozen=True, slots=True)
class Measures:
    """`boxes` are west, north, east, south of each entry in units of the world, int32 of shape (n, 4).

    `extents` are the area of an area, the length of a line, 0 for points, as float64.
    """

    boxes: np.ndarray
    extents: np.ndarray


def measure(outlines: Outlines) -> Measures:
    """Return the measures of entries."""
    starts, first_rings = firsts_of(outlines.sizes), firsts_of(outlines.ring_counts)
    if not len(first_rings):
        return Measures(np.empty((0, 4), dtype=np.int32), np.empty(0))
    firsts = starts[first_rings]
    low = np.minimum.reduceat(outlines.vertices, firsts, axis=0)
    high = np.maximum.reduceat(outlines.vertices, firsts, axis=0)
    extents = np.zeros(len(first_rings))
    if len(outlines.vertices) > len(first_rings):
        of_rings = _ring_extents(outlines, starts, np.repeat(outlines.kinds, outlines.ring_counts))
        extents = np.maximum(np.add.reduceat(of_rings, first_rings), 0)
    return Measures(np.hstack([low, high]), extents)


def _ring_extents(outlines: Outlines, starts: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return the area of each outline, minus that of each hole, and the length of each line."""
    here = outlines.vertices.astype(np.float64)
    here -= np.repeat(here[starts], outlines.sizes, axis=0)
    (x, y), (next_x, next_y) = here.T, following_values(here, starts, outlines.sizes).T
    areas = np.abs(np.add.reduceat(x * next_y - next_x * y, starts)) / 2
    steps = np.hypot(next_x - x, next_y - y)
    steps[starts + outlines.sizes - 1] = 0
    lengths = np.add.reduceat(steps, starts)
    signed = np.where(outlines.is_hole, -areas, areas)
    return np.select([kinds == AREA, kinds == LINE], [signed, lengths], 0.0)


def following_values(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return for each vertex the value of the next one in its ring: after the last comes the first."""
    following = np.empty_like(values)
    following[:-1] = values[1:]
    following[starts + sizes - 1] = values[starts]
    return following
