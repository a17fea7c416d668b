"""Geometries for output: a point on the surface for addresses, and two rounded dimensions for all layers.

Rings turn as RFC 7946 demands, whatever the data has.
"""

import numpy as np
import shapely

from oa_task.features.batch import Geometry, Points, Shapes
from oa_task.write.rounding import round_coordinates
from oa_task.write.winding import mirror_vertices

POINT_LAYERS = frozenset({"addresses"})
_POINT = 0


def output_geometry(geometry: Geometry, layer: str) -> Geometry:
    """Return the output geometries: Points for addresses, coordinates rounded, empty and infinite ones as missing."""
    if isinstance(geometry, Shapes) and layer in POINT_LAYERS:
        geometry = _surface_points(geometry.array)
    if isinstance(geometry, Points):
        x, y = _finite(round_coordinates(geometry.x), round_coordinates(geometry.y))
        return Points(x, y, geometry.from_origin)
    shapes = geometry.array.copy()
    coordinates = round_coordinates(shapely.get_coordinates(shapes))
    if not np.isfinite(coordinates).all():
        shapes = _without_infinite(shapely.set_coordinates(shapes, coordinates))
        coordinates = shapely.get_coordinates(shapes)
    mirror = mirror_vertices(shapes, coordinates)
    shapes = shapely.set_coordinates(shapes, coordinates if mirror is None else coordinates[mirror])
    shapes[shapely.is_empty(shapes)] = None
    return Shapes(shapes, mirror)


@np.errstate(over="ignore", invalid="ignore")  # coordinates near the largest number
def _surface_points(shapes: np.ndarray) -> Points:
    points = np.array(shapes, copy=True)
    other = ~np.isin(shapely.get_type_id(shapes), (-1, _POINT))
    if other.any():
        points[other] = shapely.point_on_surface(shapes[other])
    points[shapely.is_empty(points)] = None
    return Points(shapely.get_x(points), shapely.get_y(points))


def _finite(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unknown = ~(np.isfinite(x) & np.isfinite(y))
    x[unknown] = y[unknown] = np.nan
    return x, y


def _without_infinite(shapes: np.ndarray) -> np.ndarray:
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    shapes[np.unique(owners[~np.isfinite(coordinates).all(axis=1)])] = None
    return shapes
