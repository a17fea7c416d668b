"""The entries of a layer, by number: their rings, places and order on the map."""

import numpy as np

from oa_task.tiles.hilbert import curve_positions
from oa_task.tiles.measures import Measures
from oa_task.tiles.outlines import Outlines
from oa_task.tiles.ragged import firsts_of, ragged_indexes
from oa_task.tiles.rings import Rings
from oa_task.tiles.world import WORLD, WORLD_BITS

_BLOCK = 500_000
_ORDER = 20
"""The curve along which entries are ordered has 64 x 64 places in a tile of the highest zoom."""


class Entries:
    """Entries of a spool; geometries stay on disk. If all are points, the number of an entry is that of its vertex."""

    def __init__(self, outlines: Outlines, measures: Measures, *, has_only_points: bool) -> None:
        self.outlines = outlines
        self.measures = measures
        self.has_only_points = has_only_points
        self._first_rings = self._first_vertices = np.empty(0, dtype=np.int64)
        if not has_only_points:
            self._first_rings, self._first_vertices = firsts_of(outlines.ring_counts), firsts_of(outlines.sizes)
        positions = self._middle_positions()
        self.order = np.argsort(positions, kind="stable").astype(np.int32)
        self.positions = positions[self.order]

    def __len__(self) -> int:
        return len(self.order)

    def _middle_positions(self) -> np.ndarray:
        """Return the positions of the middles of the boxes, computed by blocks to save memory."""
        boxes, shift = self.measures.boxes, WORLD_BITS - _ORDER
        positions = np.empty(len(boxes), dtype=np.int64)
        for first in range(0, len(boxes), _BLOCK):
            block = slice(first, first + _BLOCK)
            middles = boxes[block, :2] // 2 + boxes[block, 2:] // 2
            columns, rows = ((middles[:, axis] & (WORLD - 1)) >> shift for axis in (0, 1))
            positions[block] = curve_positions(columns, rows, _ORDER)
        return positions

    def tile_positions(self, zoom: int) -> np.ndarray:
        """Return the position of the tile of a zoom with the middle of each entry, in the order of the entries."""
        return self.positions >> (2 * (_ORDER - zoom))

    def homes(self, entries: np.ndarray) -> np.ndarray:
        """Return the first vertex of each entry, shape (n, 2)."""
        firsts = entries if self.has_only_points else self._first_vertices.take(self._first_rings.take(entries))
        homes: np.ndarray = self.outlines.vertices.take(firsts, axis=0)
        return homes

    def rings(self, entries: np.ndarray) -> Rings:
        """Return the rings of entries in units of the world; owners are places in `entries`."""
        outlines = self.outlines
        counts = outlines.ring_counts.take(entries).astype(np.int64)
        indexes = ragged_indexes(self._first_rings.take(entries), counts)
        owners = np.repeat(np.arange(len(entries)), counts)
        sizes, is_hole = outlines.sizes.take(indexes).astype(np.int64), outlines.is_hole.take(indexes)
        # `take` copies both numbers of a vertex at once, which indexing does not: a tenth of the time.
        vertices = outlines.vertices.take(ragged_indexes(self._first_vertices.take(indexes), sizes), axis=0)
        kinds = np.repeat(outlines.kinds.take(entries), counts)
        return Rings(owners, kinds, np.cumsum(~is_hole), is_hole, sizes, vertices)
