"""A layer of the tiles: which of its features are in each tile of a zoom, and their encoding."""

import functools

import numpy as np

from oa_task.tiles.entries import Entries
from oa_task.tiles.feature_geometry import Commands, point_commands, ring_commands
from oa_task.tiles.large_entries import LargeEntries, is_large
from oa_task.tiles.layer_encoding import LayerEncoder
from oa_task.tiles.outlines import AREA, POINT
from oa_task.tiles.spool import TileSpool
from oa_task.tiles.thinning import keep_points, split_by_size
from oa_task.tiles.tile_features import MARK, WHOLE, TileFeatures, place_boxes, place_homes, sort_features
from oa_task.tiles.tile_rings import entries_of, tile_rings
from oa_task.tiles.world import MAX_ZOOM, WORLD, WORLD_BITS, degrees


class TileLayer:
    """The features of a complete spool as a layer with a name."""

    def __init__(self, name: str, spool: TileSpool) -> None:
        self.name = name
        self.spool = spool
        self.entries = entries = Entries(spool.outlines(), spool.measures(), has_only_points=spool.has_only_points)
        self._encoder = LayerEncoder(name, spool.names)
        self._columns = spool.columns()
        kinds = np.asarray(entries.outlines.kinds)[entries.order]
        self._points = np.flatnonzero(kinds == POINT).astype(np.int32)
        self._shapes = entries.order[kinds != POINT]
        self._zooms = spool.zooms()
        self._kept = keep_points(len(self._points))
        self._extents = entries.measures.extents[self._shapes]
        self._is_area = entries.outlines.kinds[self._shapes] == AREA
        boxes = entries.measures.boxes[self._shapes] if len(self._shapes) else np.empty((0, 4), dtype=np.int32)
        self._is_large = is_large(boxes) & (self._zooms is None)
        self._small_vertices = 0.0
        self._large = self._start_large() if self._is_large.any() else None

    def _start_large(self) -> LargeEntries:
        others = np.ones(len(self.entries), dtype=bool)
        large = self._shapes[self._is_large]
        others[large] = False
        vertices = len(self.entries.outlines.vertices) - len(self.entries.rings(large).vertices)
        self._small_vertices = vertices / max(1, int(np.count_nonzero(others)))
        return LargeEntries(self.entries, large, self.entries.tile_positions(MAX_ZOOM)[others[self.entries.order]])

    @property
    def dropped(self) -> int:
        """Return the number of pieces of large features that are in no tile."""
        return self._large.dropped if self._large is not None else 0

    @property
    def can_overlap(self) -> bool:
        """Return whether `features` may be called for the next zoom while features of this one are encoded.

        The next zoom changes the pieces of large features, and the features of two zooms would double the memory of
        points.
        """
        return self._large is None and not self.entries.has_only_points

    def features(self, zoom: int) -> TileFeatures:
        """Return the features of the tiles of a zoom. Call it for every zoom, from 0 on."""
        if self.entries.has_only_points and self._zooms is None:
            return self._point_features(zoom)
        places = self._points[self._kept[zoom]] if self._zooms is None else self._points
        points, shapes, marks = self.entries.order[places], self._shapes, self._shapes[:0]
        if self._zooms is not None:
            points, shapes = self._of_zoom(points, zoom), self._of_zoom(shapes, zoom)
        else:
            whole, marked = split_by_size(self._extents, self._is_area, zoom)
            shapes, marks = self._shapes[whole & ~self._is_large], self._shapes[marked]
        placed = [
            place_homes(points, self.entries.homes(points), WHOLE, zoom),
            place_boxes(shapes, self.entries.measures.boxes[shapes], zoom),
            place_homes(marks, self.entries.homes(marks), MARK, zoom),
        ]
        if self._large is not None:
            while self._large.zoom < zoom:
                self._large.descend()
            placed.append(self._large.features())
        return sort_features(zoom, *(np.concatenate(values) for values in zip(*placed, strict=True)))

    def _of_zoom(self, entries: np.ndarray, zoom: int) -> np.ndarray:
        if self._zooms is None:
            return entries
        first, last = self._zooms[entries].T
        of_zoom: np.ndarray = entries[(first <= zoom) & (zoom <= last)]
        return of_zoom

    def _point_features(self, zoom: int) -> TileFeatures:
        """Return points, whose order is that of the tiles. Nothing reads their forms, columns and rows: they are 0.

        The memory of these arrays would grow with the number of points.
        """
        items, positions = self.entries.order, self.entries.tile_positions(zoom)
        if len(self._kept[zoom]) < len(items):
            items, positions = items[self._kept[zoom]], positions[self._kept[zoom]]
        nothing = np.broadcast_to(np.zeros(1, dtype=np.int32), items.shape)
        return TileFeatures(positions, items, nothing, nothing, nothing)

    def encode(self, features: TileFeatures, zoom: int, *, coarser: int = 0) -> tuple[np.ndarray, list[bytes]]:
        """Return the positions of the tiles with features, and the layer of each."""
        if self.entries.has_only_points:
            units_of_tile = (1 << (WORLD_BITS - zoom)) - 1
            vertices = self.entries.homes(features.items) & units_of_tile
            return self._encode(features, features.items, point_commands(vertices >> (MAX_ZOOM - zoom)))
        rings = tile_rings(features, self.entries, self._large, zoom, coarser=coarser)
        filled, owners = np.unique(rings.owners, return_inverse=True)
        if not len(filled):
            return np.empty(0, dtype=np.int64), []
        rings = rings.with_owners(owners)
        seen = features.select(filled)
        return self._encode(seen, entries_of(seen, self._large), ring_commands(rings, len(filled)))

    def _encode(
        self, features: TileFeatures, entries: np.ndarray, commands: Commands
    ) -> tuple[np.ndarray, list[bytes]]:
        positions, tiles = np.unique(features.positions, return_inverse=True)
        rows = np.asarray(self.entries.outlines.rows[entries])
        columns = [column.take(rows) for column in self._columns]
        kinds = np.asarray(self.entries.outlines.kinds[entries])
        return positions, self._encoder.encode(tiles, kinds, commands, columns)

    @property
    def mean_vertices(self) -> float:
        """Return the vertices of a feature in a tile of the last zoom, on average."""
        if self._large is None:
            return len(self.entries.outlines.vertices) / len(self.entries)
        return max(self._small_vertices, len(self._large.pieces.vertices) / max(1, len(self._large.entries)))

    @functools.cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Return west, north, east and south of all features in units of the world."""
        boxes = self.entries.measures.boxes
        west, north = (int(boxes[:, side].min()) for side in (0, 1))
        east, south = (int(boxes[:, side].max()) for side in (2, 3))
        return west, north, east, south

    @property
    def center(self) -> tuple[float, float]:
        """Return longitude and latitude of a vertex in the middle of the order of features."""
        middle = self.entries.order[len(self.entries) // 2 : len(self.entries) // 2 + 1]
        (x, y) = self.entries.homes(middle)[0].tolist()
        return degrees(x % WORLD, y)

    @property
    def geometry(self) -> str:
        """Return the name of the most frequent kind."""
        counts = np.bincount(self.entries.outlines.kinds, minlength=AREA + 1)
        return ("", "Point", "LineString", "Polygon")[int(counts.argmax())]

    @property
    def fields(self) -> dict[str, str]:
        """Return the type of each attribute that has a value, as the metadata names it."""
        types = {name: sorted(self.spool.types[name]) for name in sorted(self.spool.names)}
        return {name: several[0] if len(several) == 1 else "Mixed" for name, several in types.items() if several}
