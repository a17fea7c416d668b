"""Moves borders outward by a distance on the ground, and simplifies them."""

import math

import numpy as np
import shapely

_KM_PER_DEGREE = 111.2
# Meridians converge: a band of this many degrees has one scale, that of its end nearest to a pole.
_BAND = 5
_MAX_LATITUDE = 89.0
_WORLD = shapely.box(-180, -90, 180, 90)


def add_margin(shape: shapely.Geometry, km: float, *, tolerance: float) -> shapely.Geometry:
    """Return a shape with a margin of `km`, simplified to `tolerance` degrees, on both sides of the antimeridian."""
    south, north = shape.bounds[1], shape.bounds[3]
    first, last = math.floor(south / _BAND), math.ceil(north / _BAND)
    bands = [_widen(shape, number * _BAND, km) for number in range(first, max(last, first + 1))]
    wide = shapely.simplify(shapely.union_all(bands), tolerance)
    turned = [shapely.transform(wide, lambda points, by=by: np.add(points, (by, 0))) for by in (-360, 0, 360)]
    return shapely.union_all([shapely.intersection(each, _WORLD) for each in turned])


def _widen(shape: shapely.Geometry, south: float, km: float) -> shapely.Geometry:
    part = shapely.intersection(shape, shapely.box(-181, south, 181, south + _BAND))
    if part.is_empty:
        return part
    margin = km / _KM_PER_DEGREE
    farthest = min(max(abs(part.bounds[1]), abs(part.bounds[3])) + margin, _MAX_LATITUDE)
    stretch = math.cos(math.radians(farthest))
    flat = shapely.transform(part, lambda points: points * [stretch, 1])
    return shapely.transform(shapely.buffer(flat, margin, quad_segs=4), lambda points: points / [stretch, 1])
