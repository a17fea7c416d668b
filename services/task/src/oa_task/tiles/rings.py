"""Rings of one kind or several, cut out of the entries for some tiles: cutting to a square, moving, joining."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from oa_task.tiles.measures import following_values
from oa_task.tiles.outlines import AREA, LINE
from oa_task.tiles.varints import ragged_indexes


@dataclass(frozen=True, slots=True)
class Rings:
    """Rings in the order of `owners`, the index of the feature in a tile to which each belongs.

    `kinds` are those of oa_task.tiles.outlines, `sizes` the vertices of each ring (at least one). `parts` tells the
    areas of a feature apart: a hole has the part of its outline. `vertices` has shape (n, 2).
    """

    owners: np.ndarray
    kinds: np.ndarray
    parts: np.ndarray
    is_hole: np.ndarray
    sizes: np.ndarray
    vertices: np.ndarray

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def starts(self) -> np.ndarray:
        """Return the index of the first vertex of each ring."""
        ends: np.ndarray = np.cumsum(self.sizes)
        return ends - self.sizes

    def select(self, chosen: np.ndarray) -> "Rings":
        """Return the rings of a mask, or of indexes in their order."""
        indexes = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        vertices = self.vertices.take(ragged_indexes(self.starts[indexes], self.sizes[indexes]), axis=0)
        columns = (values[indexes] for values in (self.owners, self.kinds, self.parts, self.is_hole, self.sizes))
        return Rings(*columns, vertices)

    def with_vertices(self, vertices: np.ndarray) -> "Rings":
        """Return the same rings with as many other vertices."""
        return Rings(self.owners, self.kinds, self.parts, self.is_hole, self.sizes, vertices)

    def only(self, stays: np.ndarray) -> "Rings":
        """Return the rings with the vertices of a mask; a ring without any is dropped."""
        return self._with_sizes(self.count_in_rings(stays), self.vertices.compress(stays, axis=0))

    def count_in_rings(self, stays: np.ndarray) -> np.ndarray:
        """Return how many vertices of a mask each ring has."""
        return np.add.reduceat(stays, self.starts, dtype=np.int64) if len(self) else self.sizes

    def _with_sizes(self, sizes: np.ndarray, vertices: np.ndarray) -> "Rings":
        filled = sizes > 0
        columns = (values[filled] for values in (self.owners, self.kinds, self.parts, self.is_hole, sizes))
        return Rings(*columns, vertices)

    def clip(self, low: int, high: int) -> "Rings":
        """Return the lines and areas in the square from (low, low) to (high, high), in the order of owners.

        Areas are cut side by side (Sutherland and Hodgman, "Reentrant polygon clipping", 1974): the parts of a bent
        area stay joined along the sides of the square.
        """
        areas = self.select(self.kinds == AREA)
        for axis in (0, 1):
            areas = areas._clip_side(axis, low, is_lower=True)._clip_side(axis, high, is_lower=False)
        return join([areas, self.select(self.kinds == LINE)._clip_lines(low, high)])

    def _clip_side(self, axis: int, bound: int, *, is_lower: bool) -> "Rings":
        places = self.vertices[:, axis]
        inside = places >= bound if is_lower else places <= bound
        if inside.all():
            return self
        crosses = inside != following_values(inside, self.starts, self.sizes)
        counts = inside.astype(np.int64) + crosses
        ends = np.cumsum(counts)
        vertices = np.empty((int(ends[-1]), 2), dtype=self.vertices.dtype)
        vertices[(ends - counts)[inside]] = self.vertices[inside]
        following = following_values(self.vertices, self.starts, self.sizes)
        here, there = self.vertices[crosses].astype(np.float64), following[crosses].astype(np.float64)
        share = (bound - here[:, axis]) / (there[:, axis] - here[:, axis])
        cut = np.rint(here + share[:, None] * (there - here))
        cut[:, axis] = bound
        vertices[ends[crosses] - 1] = cut
        return self._with_sizes(np.add.reduceat(counts, self.starts), vertices)

    def _clip_lines(self, low: int, high: int) -> "Rings":
        # GEOS makes no line of one vertex.
        long = self.select(self.sizes > 1)
        if not len(long):
            return long
        lines = shapely.linestrings(long.vertices, indices=np.repeat(np.arange(len(long)), long.sizes))
        parts, indexes = shapely.get_parts(shapely.clip_by_rect(lines, low, low, high, high), return_index=True)
        coordinates, of_part = shapely.get_coordinates(parts, return_index=True)
        indexes = indexes[np.unique(of_part)]
        sizes = np.bincount(of_part, minlength=len(parts))
        columns = (values[indexes] for values in (long.owners, long.kinds, long.parts, long.is_hole))
        return Rings(*columns, sizes[sizes > 0], np.rint(coordinates).astype(self.vertices.dtype))


def join(pieces: Sequence[Rings]) -> Rings:
    """Return the rings of several in the order of owners and their parts, each hole after its outline."""
    filled = [piece for piece in pieces if len(piece)]
    if len(filled) <= 1:
        return filled[0] if filled else pieces[0]
    names = ("owners", "kinds", "parts", "is_hole", "sizes", "vertices")
    joined = Rings(*(np.concatenate([getattr(piece, name) for piece in filled]) for name in names))
    return joined.select(np.lexsort((joined.is_hole, joined.parts, joined.owners)))
