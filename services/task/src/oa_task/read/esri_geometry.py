"""Esri JSON geometries to points and shapes, a batch at a time; Z and M are dropped."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely

from oa_task.read.esri_curves import straighten_curves
from oa_task.read.esri_rings import assemble_polygons

_LEAST_RING, _LEAST_PATH = 4, 2
_UNUSABLE = (TypeError, ValueError, KeyError, IndexError, AttributeError, shapely.errors.GEOSException)
Part = list[Any]


def as_points(geometries: Sequence[Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return x and y where every geometry is a point or none, NaN where there is none; otherwise None.

    A point at exactly 0, 0 is none: servers write it for a place that they do not know.
    """
    if not all(geometry is None or (isinstance(geometry, dict) and _is_point(geometry)) for geometry in geometries):
        return None
    places = [geometry or {} for geometry in geometries]
    x, y = (_numbers([place.get(axis) for place in places]) for axis in ("x", "y"))
    is_nowhere = ~(np.isfinite(x) & np.isfinite(y)) | ((x == 0) & (y == 0))
    x[is_nowhere] = y[is_nowhere] = np.nan
    return x, y


def as_shapes(geometries: Sequence[Any]) -> np.ndarray:
    """Return an object array of geometries, None for what is absent, empty, not finite or no geometry at all."""
    try:
        return _shapes(geometries)
    except _UNUSABLE:
        result = np.full(len(geometries), None, dtype=object)
        for place, geometry in enumerate(geometries):
            result[place] = _lone_shape(geometry)
        return result


def _lone_shape(geometry: Any) -> Any:
    try:
        return _shapes([geometry])[0]
    except _UNUSABLE:
        return None


def _shapes(geometries: Sequence[Any]) -> np.ndarray:
    result = np.full(len(geometries), None, dtype=object)
    for members, build in _KINDS:
        found = [(place, parts) for place, item in enumerate(geometries) if (parts := _parts(item, members))]
        if found:
            places, parts_of = zip(*found, strict=True)
            result[list(places)] = build(parts_of)
    points = [(place, item) for place, item in enumerate(geometries) if item and "x" in item]
    if points:
        x, y = as_points([item for _, item in points]) or (np.empty(0), np.empty(0))
        made = shapely.points(x, y)
        result[[place for place, _ in points]] = np.where(np.isfinite(x), made, None)
    return result


def _parts(geometry: Any, members: tuple[str, str]) -> list[Part] | None:
    """Return the rings or paths of a geometry, curves as the straight pieces nearest to them."""
    if not geometry:
        return None
    plain, curved = members
    if geometry.get(curved):
        return [straighten_curves(part) for part in geometry[curved]]
    return geometry.get(plain) or None


def _polygons(rings_of: Sequence[list[Part]]) -> np.ndarray:
    closed = [[_closed(ring) for ring in rings if ring] for rings in rings_of]
    made = _made(closed, _LEAST_RING, shapely.linearrings)
    return _collected(made, shapely.polygons, assemble_polygons)


def _lines(paths_of: Sequence[list[Part]]) -> np.ndarray:
    made = _made(paths_of, _LEAST_PATH, shapely.linestrings)
    return _collected(made, lambda lines: lines, shapely.MultiLineString)


def _multipoints(points_of: Sequence[list[Part]]) -> np.ndarray:
    made = _made([[[point] for point in points] for points in points_of], 1, shapely.points)
    return _collected(made, lambda points: points, shapely.MultiPoint)


_KINDS = ((("rings", "curveRings"), _polygons), (("paths", "curvePaths"), _lines), (("points", ""), _multipoints))


def _closed(ring: Part) -> Part:
    return ring if ring[0][:2] == ring[-1][:2] else [*ring, ring[0]]


def _made(
    parts_of: Sequence[list[Part]], least: int, make: Callable[..., np.ndarray]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return all parts of `least` points and more as geometries, and to which feature each belongs.

    A part with a coordinate that is not finite takes its whole feature away: it would be another shape without.
    """
    usable = [[part for part in parts if len(part) >= least] for parts in parts_of]
    owners = np.repeat(np.arange(len(usable)), [len(parts) for parts in usable])
    parts = list(chain.from_iterable(usable))
    if not parts:
        return np.empty(0, dtype=object), owners, len(usable)
    indices = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    coordinates = _coordinates(list(chain.from_iterable(parts)))
    is_bad = ~np.isfinite(coordinates).all(axis=1)
    coordinates[is_bad] = 0
    geometries = make(coordinates) if least == 1 else make(coordinates, indices=indices)
    kept = ~np.isin(owners, owners[indices[is_bad]])
    return geometries[kept], owners[kept], len(usable)


def _collected(
    made: tuple[np.ndarray, np.ndarray, int],
    lone: Callable[[np.ndarray], np.ndarray],
    several: Callable[[list[Any]], Any],
) -> np.ndarray:
    """Put the parts of each feature together: the many with one part at once, the others one by one."""
    parts, owners, count = made
    result = np.full(count, None, dtype=object)
    counts = np.bincount(owners, minlength=count)
    is_lone = counts[owners] == 1
    result[owners[is_lone]] = lone(parts[is_lone])
    ends = np.cumsum(counts)
    for place in np.flatnonzero(counts > 1):
        result[place] = several(list(parts[ends[place] - counts[place] : ends[place]]))
    return result


def _coordinates(points: list[Any]) -> np.ndarray:
    try:
        return np.array(points, dtype=np.float64)[:, :2]
    except (TypeError, ValueError):  # some points have Z or M, or a number written as text
        return np.column_stack([_numbers([point[axis] for point in points]) for axis in (0, 1)])


def _numbers(values: list[Any]) -> np.ndarray:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([_number(value) for value in values], dtype=np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _is_point(geometry: dict[str, Any]) -> bool:
    return "x" in geometry or not geometry
