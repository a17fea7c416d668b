"""Geometries for output: addresses as points on their surface, coordinates in two dimensions, rounded."""

import numpy as np
import shapely

from oa_task.features import Geometry, Points, Shapes
from oa_task.write.rounding import rounded

POINT_LAYERS = frozenset({"addresses"})
_POINT = 0


def output_geometry(geometry: Geometry, layer: str) -> Geometry:
    """Return what is written for a batch: Points for addresses, rounded coordinates, nothing that is not finite."""
    if isinstance(geometry, Shapes) and layer in POINT_LAYERS:
        geometry = _surface_points(geometry.array)
    if isinstance(geometry, Points):
        return _finite_points(rounded(geometry.x), rounded(geometry.y))
    coordinates = rounded(shapely.get_coordinates(geometry.array))
    shapes: np.ndarray = shapely.set_coordinates(geometry.array.copy(), coordinates)
    if not np.isfinite(coordinates).all():
        shapes = _without_infinite(shapes)
    return Shapes(_without_empty_points(shapes))


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


def _surface_points(shapes: np.ndarray) -> Points:
    points = np.array(shapes, copy=True)
    other = ~np.isin(shapely.get_type_id(shapes), (-1, _POINT))
    if other.any():
        points[other] = shapely.point_on_surface(shapes[other])
    points[shapely.is_empty(points)] = None
    return Points(shapely.get_x(points), shapely.get_y(points))


def _finite_points(x: np.ndarray, y: np.ndarray) -> Points:
    unknown = ~(np.isfinite(x) & np.isfinite(y))
    x[unknown] = y[unknown] = np.nan
    return Points(x, y)


def _without_infinite(shapes: np.ndarray) -> np.ndarray:
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    shapes[np.unique(owners[~np.isfinite(coordinates).all(axis=1)])] = None
    return shapes


def _without_empty_points(shapes: np.ndarray) -> np.ndarray:
    shapes[(shapely.get_type_id(shapes) == _POINT) & shapely.is_empty(shapes)] = None
    return shapes
