"""Entries that touch many tiles of the highest zoom: each zoom cuts the pieces of the zoom before.

Cutting each tile from the whole entry would take time proportional to the tiles times the vertices.
"""

from dataclasses import replace

import numpy as np

from oa_task.tiles.clipping import clip
from oa_task.tiles.entries import Entries
from oa_task.tiles.hilbert import curve_positions
from oa_task.tiles.ragged import ragged_indexes
from oa_task.tiles.rings import Rings, join
from oa_task.tiles.tile_features import BUFFER, PIECE, box_tiles, place_boxes
from oa_task.tiles.world import EXTENT, MAX_ZOOM, WORLD_BITS

MANY_TILES = 16
MOST_PIECES = 100_000
"""A country touches a million tiles of zoom 14. Beyond this number, only tiles with other entries have pieces."""


def is_large(boxes: np.ndarray) -> np.ndarray:
    """Return the mask of boxes that touch many tiles of the highest zoom."""
    low, high = box_tiles(boxes, MAX_ZOOM)
    return np.asarray((high - low + 1).prod(axis=1) > MANY_TILES)


class LargeEntries:
    """The pieces of large entries in the tiles of a zoom, which starts at 0.

    `others` are the sorted positions of tiles of the highest zoom with other entries. `dropped` is the number of pieces
    that the limit left out so far. Without others, zooms beyond the limit have no pieces.
    """

    def __init__(self, entries: Entries, large: np.ndarray, others: np.ndarray) -> None:
        self.zoom = self.dropped = 0
        self._others = others
        items, _, self.columns, self.rows = place_boxes(large, entries.measures.boxes[large], 0)
        self.entries = items
        self.pieces = self._clip(entries.rings(items), EXTENT << MAX_ZOOM, (0, 0))
        self._drop_empty()

    def features(self) -> tuple[np.ndarray, ...]:
        """Return items, forms, columns and rows of the pieces."""
        count = len(self.entries)
        return np.arange(count), np.full(count, PIECE), self.columns, self.rows

    def rings(self, items: np.ndarray) -> Rings:
        """Return the rings of pieces in units of the world; owners are places in `items`."""
        firsts = np.searchsorted(self.pieces.owners, items)
        counts = np.searchsorted(self.pieces.owners, items, side="right") - firsts
        chosen = self.pieces.select(ragged_indexes(firsts, counts))
        owners = np.repeat(np.arange(len(items)), counts)
        return replace(chosen, owners=owners, parts=np.cumsum(~chosen.is_hole))

    def descend(self) -> None:
        """Cut the pieces for the tiles of the next zoom."""
        half = 1 << (WORLD_BITS - self.zoom - 1)
        quarters: list[Rings] = []
        parents: list[np.ndarray] = []
        sides: list[np.ndarray] = []
        for right, low in ((0, 0), (0, 1), (1, 0), (1, 1)):
            cut = self._clip(self.pieces, half, (right, low))
            filled, owners = np.unique(cut.owners, return_inverse=True)
            first = sum(len(parent) for parent in parents)
            quarters.append(cut.with_owners(owners + first))
            parents.append(filled)
            sides.append(np.tile((right, low), (len(filled), 1)))
        parent, side = np.concatenate(parents), np.concatenate(sides)
        self.pieces = join(quarters)
        self.entries = self.entries[parent]
        self.columns, self.rows = self.columns[parent] * 2 + side[:, 0], self.rows[parent] * 2 + side[:, 1]
        self.zoom += 1
        self._limit()

    def _clip(self, rings: Rings, size: int, quarter: tuple[int, int]) -> Rings:
        """Return rings cut to a quarter of their tiles, of a size, with its buffer; all of the tile is one quarter."""
        bits = WORLD_BITS - self.zoom
        margin = size // EXTENT * BUFFER
        corners = np.column_stack((self.columns << bits, self.rows << bits)) + np.array(quarter) * size
        moves = np.repeat(corners[rings.owners], rings.sizes, axis=0)
        cut = clip(rings.with_vertices(rings.vertices - moves), -margin, size + margin)
        moved = cut.vertices + np.repeat(corners[cut.owners], cut.sizes, axis=0)
        return cut.with_vertices(moved.astype(np.int32))

    def _drop_empty(self) -> None:
        filled, owners = np.unique(self.pieces.owners, return_inverse=True)
        self._keep(filled, owners, self.pieces)

    def _keep(self, stays: np.ndarray, owners: np.ndarray, pieces: Rings) -> None:
        self.entries, self.columns, self.rows = self.entries[stays], self.columns[stays], self.rows[stays]
        self.pieces = pieces.with_owners(owners)

    def _limit(self) -> None:
        if len(self.entries) <= MOST_PIECES:
            return
        positions = curve_positions(self.columns & ((1 << self.zoom) - 1), self.rows, self.zoom)
        shift = 2 * (MAX_ZOOM - self.zoom)
        after = np.searchsorted(self._others, positions << shift)
        known = np.append(self._others, np.iinfo(np.int64).max)
        stays = np.flatnonzero(known[after] < (positions + 1) << shift)[:MOST_PIECES]
        self.dropped += len(self.entries) - len(stays) if len(self._others) else 0
        mask = np.zeros(len(self.entries), dtype=bool)
        mask[stays] = True
        pieces = self.pieces.select(mask[self.pieces.owners])
        self._keep(stays, np.searchsorted(stays, pieces.owners), pieces)
