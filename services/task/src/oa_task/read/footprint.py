"""The ground that a surface in space covers: its patches in two dimensions, united."""

from collections.abc import Sequence

import numpy as np
import shapely

# A patch is a wall, a line on the ground, if its area is less than this share of its squared perimeter; a square has
# 1/16.
_WALL = 1e-9


def footprint(patches: Sequence[shapely.Geometry] | np.ndarray) -> shapely.Geometry:
    """Return the polygon or multipolygon that polygons and multipolygons cover together, empty if all are walls."""
    polygons = shapely.get_parts(np.array(patches, dtype=object))
    ground = polygons[~is_wall(polygons)]
    broken = ~shapely.is_valid(ground)
    ground[broken] = shapely.make_valid(ground[broken])
    return _polygons_of(shapely.union_all(ground))


def is_wall(polygons: np.ndarray) -> np.ndarray:
    """Return the mask of the polygons without area on the ground, empty ones included."""
    least = _WALL * shapely.length(polygons) ** 2
    walls: np.ndarray = shapely.area(polygons) <= least
    # An outline that crosses itself, such as a bow tie, may have no area either.
    walls[walls] = shapely.area(shapely.make_valid(polygons[walls])) <= least[walls]
    return walls


def covers_twice(shape: shapely.Geometry) -> bool:
    """Return whether the patches of a multipolygon are sound but for walls, and cover some ground more than once."""
    patches = shapely.get_parts(shape)
    ground = patches[~is_wall(patches)]
    return bool(len(ground)) and bool(shapely.is_valid(ground).all()) and not shapely.is_valid(shape)


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a geometry without its lines and points."""
    if isinstance(shape, shapely.Polygon | shapely.MultiPolygon):
        return shape
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
