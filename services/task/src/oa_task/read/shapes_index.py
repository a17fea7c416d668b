"""The index of a shapefile: which shapes the .shx file lists (docs/engine.md, "Shapefiles")."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

_HEADER_BYTES, _ENTRY_BYTES = 100, 8
_BLOCK_ENTRIES = 100_000
_LENGTH_PLACE = slice(24, 28)
_SHAPE_HEADER_WORDS = 4
# The lengths of shapes without a coordinate in words of two bytes: a null shape, and the headers of the other types.
_EMPTY_WORDS = (2, 20, 22, 28, 30, 36, 38)


class ShapesIndex:
    """The entries of the .shx file of a shapefile, read a block at a time; none without such a file."""

    def __init__(self, shp: Path) -> None:
        self.path = shp.with_suffix(".shx")
        size = self.path.stat().st_size if self.path.is_file() else 0
        self._count = max(size - _HEADER_BYTES, 0) // _ENTRY_BYTES

    def __len__(self) -> int:
        return self._count

    def has_coordinates(self, shapes: np.ndarray) -> np.ndarray:
        """Return which of the shapes with these increasing indexes have coordinates."""
        flags = np.zeros(len(shapes), dtype=bool)
        if len(shapes):
            starts = np.flatnonzero(np.diff(shapes // _BLOCK_ENTRIES, prepend=-1))
            for places in np.split(np.arange(len(shapes)), starts[1:]):
                first, last = int(shapes[places[0]]), int(shapes[places[-1]])
                lengths = self._entries(first, last - first + 1)[shapes[places] - first, 1]
                flags[places] = ~np.isin(lengths, _EMPTY_WORDS)
        return flags

    def end_words(self) -> int:
        """Return where the last of the listed shapes ends in the .shp file, in words of two bytes."""
        return max((int(block.sum(axis=1).max()) for block in self._blocks()), default=0) + _SHAPE_HEADER_WORDS

    def _blocks(self) -> Iterator[np.ndarray]:
        for first in range(0, self._count, _BLOCK_ENTRIES):
            yield self._entries(first, min(_BLOCK_ENTRIES, self._count - first))

    def _entries(self, first: int, count: int) -> np.ndarray:
        """Return the place and the length of shapes, in words of two bytes, in two columns."""
        start = _HEADER_BYTES + first * _ENTRY_BYTES
        return np.fromfile(self.path, dtype=">i4", count=count * 2, offset=start).reshape(-1, 2).astype(np.int64)


def remove_short_index(shp: Path) -> str | None:
    """Remove a .shx file that lists fewer shapes than the .shp file has, for GDAL to rebuild it; return a warning."""
    index = ShapesIndex(shp)
    if not len(index) or not shp.is_file():
        return None
    with shp.open("rb") as file:
        announced_words = int.from_bytes(file.read(_HEADER_BYTES)[_LENGTH_PLACE], "big")
    words = min(announced_words, shp.stat().st_size // 2)
    if index.end_words() + _SHAPE_HEADER_WORDS > words:
        return None
    index.path.unlink()
    return f"{index.path.name} lists {len(index):,} shapes and {shp.name} has more: the index is rebuilt"
