"""A file of coordinates, collected during the pass for the picture drawn after it."""

from pathlib import Path

import numpy as np
import shapely

from oa_task.features.batch import Geometry, Points
from oa_task.write.lines import OutputBatch

POINTS_FILE = "points.f64"
_READ_ROWS = 500_000


class PointSpool:
    """A file of float64 pairs, 16 bytes each: points, or outlines that end in a NaN pair."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")

    def write(self, batch: OutputBatch) -> None:
        """Append the coordinates of a batch."""
        self._file.write(np.ascontiguousarray(_coordinates(batch.geometry)).tobytes())

    def close(self) -> None:
        """Finish writing."""
        self._file.close()

    def abandon(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def read_chunks(path: Path) -> list[np.ndarray]:
    """Return the pairs as views of the file; each chunk after the first starts with the last pair of the previous."""
    if not path.stat().st_size:
        return []
    pairs = np.memmap(path, dtype=np.float64, mode="r").reshape(-1, 2)
    return [pairs[max(start - 1, 0) : start + _READ_ROWS] for start in range(0, len(pairs), _READ_ROWS)]


def _coordinates(geometry: Geometry) -> np.ndarray:
    """Return the pairs of all geometries, shape (n, 2), with a NaN pair after each outline."""
    if isinstance(geometry, Points):
        is_known = ~np.isnan(geometry.x)
        return np.column_stack((geometry.x[is_known], geometry.y[is_known]))
    parts = shapely.get_parts(geometry.array[~shapely.is_missing(geometry.array)])
    is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    outlines = np.concatenate([shapely.get_rings(parts[is_area]), parts[~is_area]])
    coordinates, owners = shapely.get_coordinates(outlines, return_index=True)
    ends = np.flatnonzero(np.diff(owners, append=-1)) + 1
    return np.insert(coordinates, ends, np.nan, axis=0)
