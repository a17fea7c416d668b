"""Points and shapes from Esri JSON geometries, a batch at a time, without Z and M."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, TypeGuard

import numpy as np
import shapely

from oa_task.read.esri_curves import Part, straighten_curves
from oa_task.read.rings import assemble_polygons

_LEAST_RING, _LEAST_PATH = 4, 2
_UNUSABLE = (TypeError, ValueError, KeyError, IndexError, AttributeError, shapely.errors.GEOSException)
RawGeometry = dict[str, Any]  # parsed JSON, not validated: `_UNUSABLE` lists the errors of a malformed one
Parts = tuple[np.ndarray, np.ndarray, int]  # geometries, the feature that each belongs to, the number of features


def as_points(geometries: Sequence[object]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return x and y if every geometry is a point or missing, NaN for a missing one; None if there is any other.

    A point at exactly 0, 0 counts as missing: servers write it for an unknown location.
    """
    points = [geometry or {} for geometry in geometries if geometry is None or _is_point(geometry)]
    if len(points) < len(geometries):
        return None
    x, y = (_numbers([point.get(axis) for point in points]) for axis in ("x", "y"))
    is_missing = ~(np.isfinite(x) & np.isfinite(y)) | ((x == 0) & (y == 0))
    x[is_missing] = y[is_missing] = np.nan
    return x, y


def has_parts(geometry: object) -> bool:
    """Return whether a geometry has rings, paths or points, readable or not."""
    return isinstance(geometry, dict) and any(geometry.get(member) for members, _ in _KINDS for member in members)


def as_shapes(geometries: Sequence[object]) -> np.ndarray:
    """Return an object array of geometries, None for a missing, empty, malformed or non-finite one."""
    try:
        return _shapes(geometries)
    except _UNUSABLE:
        result = np.full(len(geometries), None, dtype=object)
        for index, geometry in enumerate(geometries):
            result[index] = _single_shape(geometry)
        return result


def _single_shape(geometry: object) -> shapely.Geometry | None:
    try:
        shape: shapely.Geometry | None = _shapes([geometry])[0]
    except _UNUSABLE:
        return None
    return shape


def _shapes(geometries: Sequence[object]) -> np.ndarray:
    """Return an object array of geometries. Raises one of `_UNUSABLE` if any of them is malformed."""
    filled: list[tuple[int, RawGeometry]] = [
        (index, _require_object(item)) for index, item in enumerate(geometries) if item
    ]
    result = np.full(len(geometries), None, dtype=object)
    for members, build in _KINDS:
        with_parts = [(index, parts) for index, item in filled if (parts := _parts(item, members))]
        if with_parts:
            indexes, parts_of = zip(*with_parts, strict=True)
            result[list(indexes)] = build(parts_of)
    points = [(index, item) for index, item in filled if "x" in item]
    if points:
        x, y = as_points([item for _, item in points]) or (np.empty(0), np.empty(0))
        result[[index for index, _ in points]] = np.where(np.isfinite(x), shapely.points(x, y), None)
    return result


def _require_object(geometry: object) -> RawGeometry:
    if not isinstance(geometry, dict):
        raise TypeError(f"expected an object, got {type(geometry).__name__}")
    return geometry


def _parts(geometry: RawGeometry, members: tuple[str, str]) -> list[Part] | None:
    """Return the rings or paths of a geometry, with straight segments in place of curves."""
    straight, curved = members
    if geometry.get(curved):
        return [straighten_curves(part) for part in geometry[curved]]
    return geometry.get(straight) or None


def _polygons(rings_of: Sequence[list[Part]]) -> np.ndarray:
    closed = [[_close_ring(ring) for ring in rings if ring] for rings in rings_of]
    rings = _build_parts(closed, _LEAST_RING, shapely.linearrings)
    return _collect(rings, shapely.polygons, assemble_polygons)


def _lines(paths_of: Sequence[list[Part]]) -> np.ndarray:
    lines = _build_parts(paths_of, _LEAST_PATH, shapely.linestrings)
    return _collect(lines, lambda singles: singles, shapely.MultiLineString)


def _multipoints(points_of: Sequence[list[Part]]) -> np.ndarray:
    points = _build_parts([[[point] for point in members] for members in points_of], 1, shapely.points)
    return _collect(points, lambda singles: singles, shapely.MultiPoint)


_KINDS = ((("rings", "curveRings"), _polygons), (("paths", "curvePaths"), _lines), (("points", ""), _multipoints))


def _close_ring(ring: Part) -> Part:
    return ring if ring[0][:2] == ring[-1][:2] else [*ring, ring[0]]


def _build_parts(parts_of: Sequence[list[Part]], least: int, make: Callable[..., np.ndarray]) -> Parts:
    """Return all parts with at least `least` points as geometries, and the feature that each belongs to.

    A non-finite coordinate drops the whole feature: without that part it would be another shape.
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
    is_usable = ~np.isin(owners, owners[indices[is_bad]])
    return geometries[is_usable], owners[is_usable], len(usable)


def _collect(
    built: Parts,
    single: Callable[[np.ndarray], np.ndarray],
    several: Callable[[list[shapely.Geometry]], shapely.Geometry],
) -> np.ndarray:
    """Combine the parts of each feature: all features with one part at once, the others one by one."""
    parts, owners, count = built
    result = np.full(count, None, dtype=object)
    counts = np.bincount(owners, minlength=count)
    is_single = counts[owners] == 1
    result[owners[is_single]] = single(parts[is_single])
    ends = np.cumsum(counts)
    for index in np.flatnonzero(counts > 1):
        result[index] = several(list(parts[ends[index] - counts[index] : ends[index]]))
    return result


def _coordinates(points: Part) -> np.ndarray:
    try:
        return np.array(points, dtype=np.float64)[:, :2]
    except (TypeError, ValueError):  # some points have Z or M, or numbers written as text
        return np.column_stack([_numbers([point[axis] for point in points]) for axis in (0, 1)])


def _numbers(values: Part) -> np.ndarray:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([_number(value) for value in values], dtype=np.float64)


def _number(value: str | float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _is_point(geometry: object) -> TypeGuard[RawGeometry]:
    return isinstance(geometry, dict) and ("x" in geometry or not geometry)
