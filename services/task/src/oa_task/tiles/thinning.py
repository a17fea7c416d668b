"""Which features each zoom shows: all at the highest one, evenly fewer below.

Features are in the order of the Hilbert curve, so that an even choice from the order is an even choice on the map.
"""

import numpy as np

from oa_task.tiles.world import MAX_ZOOM

_KEPT, _OF = 2, 5
"""Of five adjacent points, two are also in the next lower zoom: a rate of 2.5, that of tippecanoe."""
_FEW = 300
MIN_UNITS = 4
"""Half a pixel: a tile is drawn with 512 pixels."""
_SEED = 0x9E3779B97F4A7C15


def keep_points(count: int) -> list[np.ndarray]:
    """Return the places in the order of the points that each zoom shows, by zoom; each zoom's are in the next's.

    300 points stay at the lowest zooms, if there are as many.
    """
    kept = [np.arange(count, dtype=np.int32)]
    for _ in range(MAX_ZOOM):
        last = kept[-1]
        kept.append(last if len(last) * _KEPT < _FEW * _OF else last[_every_other(len(last))])
    return kept[::-1]


def _every_other(count: int) -> np.ndarray:
    """Return 2 places of each 5, at varying distances: equal ones could follow a pattern of the data."""
    blocks = -(-count // _OF)
    mixed = (np.arange(blocks, dtype=np.uint64) + np.uint64(1)) * np.uint64(_SEED)
    first = (mixed >> np.uint64(33)) % np.uint64(_OF)
    second = (first + np.uint64(1) + (mixed >> np.uint64(53)) % np.uint64(_OF - 1)) % np.uint64(_OF)
    starts = np.arange(blocks, dtype=np.int64)[:, None] * _OF
    places = np.sort(starts + np.column_stack((first, second)).astype(np.int64), axis=1).reshape(-1)
    return places[places < count]


def split_by_size(extents: np.ndarray, is_area: np.ndarray, zoom: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the masks of the areas and lines that a zoom shows unchanged, and of those shown by a mark.

    Areas and lines smaller than half a pixel share marks of that size: as many as their sum fills. A zoom without any
    has a mark for the largest one.
    """
    scale = float(1 << (MAX_ZOOM - zoom))
    if zoom == MAX_ZOOM:
        return np.ones(len(extents), dtype=bool), np.zeros(len(extents), dtype=bool)
    shares = np.where(is_area, extents / (scale * MIN_UNITS) ** 2, extents / (scale * MIN_UNITS))
    whole = shares >= 1
    sums = np.cumsum(np.where(whole, 0.0, shares))
    marked: np.ndarray = np.diff(np.floor(sums), prepend=0.0) > 0
    if len(shares) and not whole.any() and not marked.any():
        marked[np.argmax(shares)] = True
    return whole, marked


def spread(count: int, most: int) -> np.ndarray:
    """Return `most` of `count` places, evenly spread."""
    if count <= most:
        return np.arange(count)
    return np.arange(most, dtype=np.int64) * count // most
