"""The features of the tiles of one zoom, in the order of the tiles."""

from dataclasses import dataclass

import numpy as np

from oa_task.tiles.hilbert import curve_positions
from oa_task.tiles.outlines import POINT
from oa_task.tiles.ragged import places_within
from oa_task.tiles.rings import Rings
from oa_task.tiles.world import MAX_ZOOM, WORLD_BITS

BUFFER = 64
"""How far areas and lines go beyond their tile, in units of it: 1/64, so that lines of maps do not end before it."""
WHOLE, CUT, MARK, PIECE = range(4)
"""The forms: unchanged, cut to the tile, as a mark, cut before (`items` are then places in LargeEntries.pieces)."""


@dataclass(frozen=True, slots=True)
class TileFeatures:
    """A feature in a tile for each place of the arrays; `positions` of the tiles on the curve increase.

    `columns` and `rows` of tiles may lie beyond the world: there is the next one.
    """

    positions: np.ndarray
    items: np.ndarray
    forms: np.ndarray
    columns: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.positions)

    def select(self, chosen: np.ndarray | slice) -> "TileFeatures":
        """Return the features of places, a mask or a slice."""
        names = (self.positions, self.items, self.forms, self.columns, self.rows)
        return TileFeatures(*(values[chosen] for values in names))


def sort_features(
    zoom: int, items: np.ndarray, forms: np.ndarray, columns: np.ndarray, rows: np.ndarray
) -> TileFeatures:
    """Return features by their tiles; those of one tile stay in their order."""
    positions = curve_positions(columns & ((1 << zoom) - 1), rows, zoom)
    order = np.argsort(positions, kind="stable")
    return TileFeatures(positions[order], items[order], forms[order], columns[order], rows[order])


def place_homes(entries: np.ndarray, homes: np.ndarray, form: int, zoom: int) -> tuple[np.ndarray, ...]:
    """Return items, forms, columns and rows of entries in one tile each, that of the place in `homes`."""
    bits = WORLD_BITS - zoom
    return entries, np.full(len(entries), form), homes[:, 0] >> bits, homes[:, 1] >> bits


def place_boxes(entries: np.ndarray, boxes: np.ndarray, zoom: int) -> tuple[np.ndarray, ...]:
    """Return items, forms, columns and rows of entries in each tile that their box and the buffer touch."""
    bits = WORLD_BITS - zoom
    low, high = box_tiles(boxes, zoom)
    widths, heights = (high - low + 1).T
    counts = widths * heights
    of_entry, within = np.repeat(np.arange(len(entries)), counts), places_within(counts)
    columns = low[of_entry, 0] + within % widths[of_entry]
    rows = low[of_entry, 1] + within // widths[of_entry]
    margin = BUFFER << (MAX_ZOOM - zoom)
    west, north, east, south = boxes[of_entry].astype(np.int64).T
    is_whole = (west >= (columns << bits) - margin) & (east <= ((columns + 1) << bits) + margin)
    is_whole &= (north >= (rows << bits) - margin) & (south <= ((rows + 1) << bits) + margin)
    return entries[of_entry], np.where(is_whole, WHOLE, CUT), columns, rows


def box_tiles(boxes: np.ndarray, zoom: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last column and row of tiles that each box and the buffer touch, shape (n, 2)."""
    bits = WORLD_BITS - zoom
    margin = BUFFER << (MAX_ZOOM - zoom)
    last = (1 << zoom) - 1
    low, high = (boxes[:, :2].astype(np.int64) - margin) >> bits, (boxes[:, 2:].astype(np.int64) + margin) >> bits
    low[:, 1], high[:, 1] = np.clip(low[:, 1], 0, last), np.clip(high[:, 1], 0, last)
    return low, high


def to_tiles(rings: Rings, features: TileFeatures, zoom: int) -> Rings:
    """Return rings in units of the world from the northwest corner of their owner's tile."""
    bits = WORLD_BITS - zoom
    corners = np.column_stack((features.columns << bits, features.rows << bits))[rings.owners]
    return rings.with_vertices((rings.vertices - np.repeat(corners, rings.sizes, axis=0)).astype(np.int32))


def to_grid(rings: Rings, zoom: int, *, coarser: int) -> Rings:
    """Return rings of a tile in its units: points in their square, others rounded to half a pixel below the last zoom.

    Rounding moves equal places of neighbors equally, so that they stay neighbors. `coarser` halves the precision of
    rings as many times.
    """
    shift = MAX_ZOOM - zoom
    snap = coarser + (2 if shift else 0)
    vertices = rings.vertices
    if shift + snap:
        vertices = ((vertices + (1 << (shift + snap - 1))) >> (shift + snap)) << snap
    is_point = rings.kinds == POINT
    if is_point.any():
        vertices = np.where(np.repeat(is_point, rings.sizes)[:, None], rings.vertices >> shift, vertices)
    return rings.with_vertices(vertices)
