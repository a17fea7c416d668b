"""Rings of one kind or several, taken from the entries for some tiles: choosing, moving, joining."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from oa_task.tiles.ragged import firsts_of, ragged_indexes


@dataclass(frozen=True, slots=True)
class Rings:
    """Rings in the order of `owners`, the index of the feature in a tile to which each belongs.

    `kinds` are those of oa_task.tiles.outlines, `sizes` the vertices of each ring (at least one). `parts` has the
    number of the area to which a ring belongs: a hole has that of its outline. `vertices` has shape (n, 2).
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
        return firsts_of(self.sizes)

    def select(self, chosen: np.ndarray) -> "Rings":
        """Return the rings of a mask, or of indexes in their order."""
        indexes = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        vertices = self.vertices.take(ragged_indexes(self.starts[indexes], self.sizes[indexes]), axis=0)
        return Rings(
            self.owners[indexes],
            self.kinds[indexes],
            self.parts[indexes],
            self.is_hole[indexes],
            self.sizes[indexes],
            vertices,
        )

    def with_vertices(self, vertices: np.ndarray) -> "Rings":
        """Return the same rings with as many other vertices."""
        return replace(self, vertices=vertices)

    def with_owners(self, owners: np.ndarray) -> "Rings":
        """Return the same rings of other owners."""
        return replace(self, owners=owners)

    def only(self, stays: np.ndarray) -> "Rings":
        """Return the rings with the vertices of a mask; a ring without any is dropped."""
        return self.with_sizes(self.count_in_rings(stays), self.vertices.compress(stays, axis=0))

    def count_in_rings(self, stays: np.ndarray) -> np.ndarray:
        """Return how many vertices of a mask each ring has."""
        return np.add.reduceat(stays, self.starts, dtype=np.int64) if len(self) else self.sizes

    def with_sizes(self, sizes: np.ndarray, vertices: np.ndarray) -> "Rings":
        """Return the rings with other vertices, as many as `sizes`; a ring without any is dropped."""
        filled = sizes > 0
        return Rings(
            self.owners[filled], self.kinds[filled], self.parts[filled], self.is_hole[filled], sizes[filled], vertices
        )


def join(pieces: Sequence[Rings]) -> Rings:
    """Return the rings of several in the order of owners.

    All rings of an owner are in one of the pieces, and stay in their order.
    """
    filled = [piece for piece in pieces if len(piece)]
    if len(filled) <= 1:
        return filled[0] if filled else pieces[0]
    joined = Rings(
        np.concatenate([piece.owners for piece in filled]),
        np.concatenate([piece.kinds for piece in filled]),
        np.concatenate([piece.parts for piece in filled]),
        np.concatenate([piece.is_hole for piece in filled]),
        np.concatenate([piece.sizes for piece in filled]),
        np.concatenate([piece.vertices for piece in filled]),
    )
    return joined.select(np.argsort(joined.owners, kind="stable"))


def is_of(owners: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the mask of `owners` that are among the chosen ones, both increasing."""
    among = np.zeros(int(owners[-1]) + 1 if len(owners) else 0, dtype=bool)
    among[chosen] = True
    return np.asarray(among[owners])
