"""The ground that a surface in space covers: its patches in two dimensions, united."""

from collections.abc import Sequence

import numpy as np
import shapely

from oa_task.read.rings import assemble_polygons

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


def unite_patches(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the footprint of an invalid multipolygon whose patches are sound but for walls; others unchanged.

    A patch whose rings only have wrong roles, shell or hole, is sound.
    """
    try:
        return _unite(shape)
    except shapely.errors.GEOSException:  # infinite coordinates; it stays invalid
        return shape


def _unite(shape: shapely.Geometry) -> shapely.Geometry:
    patches = shapely.get_parts(shape)
    ground = patches[~is_wall(patches)]
    for index in np.flatnonzero(~shapely.is_valid(ground)).tolist():
        ground[index] = assemble_polygons([ground[index].exterior, *ground[index].interiors])
    return footprint(ground) if len(ground) and shapely.is_valid(ground).all() else shape


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a geometry without its lines and points."""
    if isinstance(shape, shapely.Polygon | shapely.MultiPolygon):
        return shape
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
