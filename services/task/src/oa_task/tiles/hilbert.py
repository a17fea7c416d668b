"""Positions on the Hilbert curve: the order of tiles in PMTiles, and of features next to each other."""

import numpy as np


def curve_positions(x: np.ndarray, y: np.ndarray, order: int) -> np.ndarray:
    """Return the position of each cell of a grid of 2^order x 2^order on its Hilbert curve, as int64.

    The position of a cell without its lowest two bits is that of the cell around it in the next coarser grid.
    """
    x, y = x.astype(np.int64), y.astype(np.int64)
    positions = np.zeros(len(x), dtype=np.int64)
    for level in range(order - 1, -1, -1):
        right, low = (x >> level) & 1, (y >> level) & 1
        positions <<= 2
        positions |= (3 * right) ^ low
        top = 1 - low
        mirrored = -(top & right) & ((1 << level) - 1)
        x ^= mirrored
        y ^= mirrored
        swapped = (x ^ y) & -top
        x ^= swapped
        y ^= swapped
    return positions


def zoom_of(tile_id: int) -> int:
    """Return the zoom of a tile by its PMTiles ID."""
    return ((3 * tile_id + 1).bit_length() - 1) // 2


def first_tile_id(zoom: int) -> int:
    """Return the PMTiles ID of the first tile of a zoom; the others follow along the curve."""
    return ((1 << (2 * zoom)) - 1) // 3
