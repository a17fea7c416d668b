"""Which rings are seen to be valid without GEOS: most areas on the grid of a tile have few corners.

Numbers are exact integers. A ring that is not seen to be valid may be valid too.
"""

import numpy as np

from oa_task.tiles.measures import following_values
from oa_task.tiles.rings import Rings, is_of

_MOST_CORNERS = 40
_BLOCK_PAIRS = 1 << 17
"""Pairs of edges at a time; their numbers stay in the cache of a processor."""
_FARTHEST = 1 << 13
"""The product of two differences of smaller coordinates fits into 32 bits."""


def are_seen_valid(rings: Rings) -> np.ndarray:
    """Return the mask of the rings of areas that are seen to be valid; it has all rings of an owner or none."""
    doubtful = ~(_are_alone(rings) & _are_simple(rings))
    return np.asarray(~is_of(rings.owners, rings.owners[doubtful]))


def _are_alone(rings: Rings) -> np.ndarray:
    """Return the mask of outlines that are the only ring of their owner, or one of two in boxes that do not touch."""
    counts = np.bincount(rings.owners)[rings.owners]
    alone: np.ndarray = counts == 1
    firsts = np.flatnonzero(counts == 2)[::2]  # noqa: PLR2004 - pairs
    firsts = firsts[~rings.is_hole[firsts + 1]]
    if len(firsts):
        pairs = np.column_stack((firsts, firsts + 1)).reshape(-1)
        found = rings.select(pairs)
        low, high = (least.reduceat(found.vertices, found.starts, axis=0) for least in (np.minimum, np.maximum))
        apart = ((high[::2] < low[1::2]) | (high[1::2] < low[::2])).any(axis=1)
        alone[pairs] = np.repeat(apart, 2)
    return alone


def _are_simple(rings: Rings) -> np.ndarray:
    """Return the mask of rings of areas whose edges meet at their shared corners only."""
    simple = _are_stars(rings)
    others = np.flatnonzero(~simple & (rings.sizes <= _MOST_CORNERS))
    if len(others) and np.abs(rings.vertices).max() < _FARTHEST:
        simple[others] = _have_no_crossing(rings, others)
    return simple


def _are_stars(rings: Rings) -> np.ndarray:
    """Return the mask of rings that go once around the mean of their vertices, and always in the same direction.

    Their edges cannot cross. Nearly all areas of a few corners are like that.
    """
    starts, sizes = rings.starts, rings.sizes
    sums = np.add.reduceat(rings.vertices, starts, axis=0, dtype=np.int64)
    # Multiplied by the number of vertices, the mean is an integer, and the products are exact.
    x, y = (rings.vertices[:, axis] * np.repeat(sizes, sizes) - np.repeat(sums[:, axis], sizes) for axis in (0, 1))
    left, right = x * following_values(y, starts, sizes), following_values(x, starts, sizes) * y
    turn = (left > right).view(np.int8) - (left < right).view(np.int8)
    same_way = np.abs(np.add.reduceat(turn, starts, dtype=np.int64)) == sizes
    above = (y > 0) | ((y == 0) & (x > 0))
    changes = np.add.reduceat(above != following_values(above, starts, sizes), starts, dtype=np.int64)
    return np.asarray(same_way & (changes == 2))  # noqa: PLR2004 - once up, once down


def _have_no_crossing(rings: Rings, chosen: np.ndarray) -> np.ndarray:
    """Return the mask of the chosen rings without a crossing, in blocks of rings of equally many corners."""
    simple = np.zeros(len(chosen), dtype=bool)
    starts, sizes = rings.starts[chosen], rings.sizes[chosen]
    order = np.argsort(sizes, kind="stable")
    corners, firsts = np.unique(sizes[order], return_index=True)
    for count, same in zip(corners.tolist(), np.split(order, firsts[1:]), strict=True):
        most = max(1, _BLOCK_PAIRS // count**2)
        for first in range(0, len(same), most):
            block = same[first : first + most]
            places = starts[block] + np.arange(count)[:, None]
            simple[block] = ~_cross(*(rings.vertices[:, axis].take(places) for axis in (0, 1)))
    return simple


def _cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mask of rings where two edges may share a place that is not their common corner.

    `x` and `y`, shape (corners, rings), have a ring in each column. Two edges are apart if both ends of one are on the
    same side of the line through the other, or if their boxes do not touch.
    """
    # The first corner follows the last.
    x, y = np.concatenate((x, x[:1])), np.concatenate((y, y[:1]))
    step_x, step_y = np.diff(x, axis=0), np.diff(y, axis=0)
    # At [edge, corner]: the side of the line through the edge on which the corner is.
    side = step_x[:, None] * y - step_y[:, None] * x
    side -= (step_x * y[:-1] - step_y * x[:-1])[:, None]
    left, right = side > 0, side < 0
    same_side = left[:, :-1] & left[:, 1:]
    same_side |= right[:, :-1] & right[:, 1:]
    same_side |= same_side.transpose(1, 0, 2)
    count = len(step_x)
    edges = np.arange(count)
    following = (edges + 1) % count
    same_side[edges, edges] = True
    # Adjacent edges share their corner only, except on one line.
    same_side[edges, following] = same_side[following, edges] = side[edges, (edges + 2) % count] != 0
    edge, other, ring = np.nonzero(~same_side)
    low_x, low_y = np.minimum(x[:-1], x[1:]), np.minimum(y[:-1], y[1:])
    high_x, high_y = np.maximum(x[:-1], x[1:]), np.maximum(y[:-1], y[1:])
    # Edges on one line, as those at both ends of a "U", are apart if their boxes are.
    is_apart = (high_x[edge, ring] < low_x[other, ring]) | (high_x[other, ring] < low_x[edge, ring])
    is_apart |= (high_y[edge, ring] < low_y[other, ring]) | (high_y[other, ring] < low_y[edge, ring])
    crosses: np.ndarray = np.zeros(x.shape[1], dtype=bool)
    crosses[ring[~is_apart]] = True
    return crosses
