"""Facts about the geometries of a batch."""

import numpy as np
import shapely

from oa_task.features.batch import Geometry, Points


def is_missing(geometry: Geometry) -> np.ndarray:
    """Return where there is no geometry."""
    found = np.isnan(geometry.x) if isinstance(geometry, Points) else shapely.is_missing(geometry.array)
    return np.asarray(found, dtype=bool)


def bounds(geometry: Geometry) -> np.ndarray:
    """Return west, south, east, north of each feature, NaN where there is nothing: shape (n, 4)."""
    if isinstance(geometry, Points):
        return np.column_stack((geometry.x, geometry.y, geometry.x, geometry.y))
    found: np.ndarray = shapely.bounds(geometry.array)
    return found
