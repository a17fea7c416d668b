"""Coordinates put by while features pass, for the picture that is drawn when all are known."""

from pathlib import Path

import numpy as np
import shapely

from oa_task.features.batch import Geometry, Points
from oa_task.write.lines import OutputBatch

POINTS_FILE = "points.f64"
_READ_ROWS = 500_000


class PointSpool:
    """A file of float64 pairs, 16 bytes each: points, or outlines whose ends are marked by NaN."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")

    def write(self, batch: OutputBatch) -> None:
        """Append the coordinates of a batch."""
        self._file.write(np.ascontiguousarray(_marked(batch.geometry)).tobytes())

    def close(self) -> None:
        """Finish writing."""
        self._file.close()

    def abandon(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def read_chunks(path: Path) -> list[np.ndarray]:
    """Return the pairs in views of the file, each of which begins with the last pair of the one before."""
    if not path.stat().st_size:
        return []
    pairs = np.memmap(path, dtype=np.float64, mode="r").reshape(-1, 2)
    return [pairs[max(start - 1, 0) : start + _READ_ROWS] for start in range(0, len(pairs), _READ_ROWS)]


def _marked(geometry: Geometry) -> np.ndarray:
    if isinstance(geometry, Points):
        there = ~np.isnan(geometry.x)
        return np.column_stack((geometry.x[there], geometry.y[there]))
    parts = shapely.get_parts(geometry.array[~shapely.is_missing(geometry.array)])
    areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings = np.concatenate([shapely.get_rings(parts[areas]), parts[~areas]])
    coordinates, owners = shapely.get_coordinates(rings, return_index=True)
    ends = np.flatnonzero(np.diff(owners, append=-1)) + 1
    marked: np.ndarray = np.insert(coordinates, ends, np.nan, axis=0)
    return marked
