"""The index of a shapefile: which shapes the .shx file lists (docs/engine.md, "Shapefiles")."""

from pathlib import Path

import numpy as np

_HEADER_BYTES, _ENTRY_BYTES = 100, 8
_LENGTH_PLACE = slice(24, 28)
_SHAPE_HEADER_WORDS = 4
# The lengths of shapes without a coordinate in words of two bytes: a null shape, and the headers of the other types.
_EMPTY_WORDS = (2, 20, 22, 28, 30, 36, 38)


def remove_short_index(shp: Path) -> str | None:
    """Remove a .shx file that lists fewer shapes than the .shp file has, for GDAL to rebuild it; return a warning."""
    shx = shp.with_suffix(".shx")
    entries = read_entries(shp)
    if not shx.is_file() or not shp.is_file():
        return None
    with shp.open("rb") as file:
        announced_words = int.from_bytes(file.read(_HEADER_BYTES)[_LENGTH_PLACE], "big")
    end_words = int((entries[:, 0] + entries[:, 1]).max() + _SHAPE_HEADER_WORDS) if len(entries) else 0
    words = min(announced_words, shp.stat().st_size // 2)
    if not len(entries) or end_words + _SHAPE_HEADER_WORDS > words:
        return None
    shx.unlink()
    return f"{shx.name} lists {len(entries):,} shapes and {shp.name} has more: the index is rebuilt"


def read_entries(shp: Path) -> np.ndarray:
    """Return the place and the length of each shape that the .shx file lists, in words of two bytes, in two columns."""
    shx = shp.with_suffix(".shx")
    size = shx.stat().st_size if shx.is_file() else 0
    count = max(size - _HEADER_BYTES, 0) // _ENTRY_BYTES
    if not count:
        return np.empty((0, 2), dtype=np.int64)
    words = np.fromfile(shx, dtype=">i4", count=count * 2, offset=_HEADER_BYTES)
    return words.reshape(-1, 2).astype(np.int64)


def has_coordinates(entries: np.ndarray) -> np.ndarray:
    """Return which of the shapes have coordinates."""
    flags: np.ndarray = ~np.isin(entries[:, 1], _EMPTY_WORDS)
    return flags
