"""Facts about the geometries of a batch."""

import numpy as np
import shapely

from oa_task.features.batch import Geometry, Points


def is_missing(geometry: Geometry) -> np.ndarray:
    """Return a mask of the missing geometries."""
    mask = np.isnan(geometry.x) if isinstance(geometry, Points) else shapely.is_missing(geometry.array)
    return np.asarray(mask, dtype=bool)


def bounds(geometry: Geometry) -> np.ndarray:
    """Return west, south, east, north of each feature, NaN for a missing geometry: shape (n, 4)."""
    if isinstance(geometry, Points):
        return np.column_stack((geometry.x, geometry.y, geometry.x, geometry.y))
    return np.asarray(shapely.bounds(geometry.array))
