"""GeoJSON geometries as arrays of coordinates or shapely geometries, built for all geometries of a type at once."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import orjson
import shapely
from shapely import GeometryType

from oa_task.features.batch import Points, Shapes

# The type, and the number of list levels around a list of positions.
_TYPES = {
    "LineString": (GeometryType.LINESTRING, 1),
    "MultiPoint": (GeometryType.MULTIPOINT, 1),
    "Polygon": (GeometryType.POLYGON, 2),
    "MultiLineString": (GeometryType.MULTILINESTRING, 2),
    "MultiPolygon": (GeometryType.MULTIPOLYGON, 3),
}
_PAIR = 2
RawGeometry = dict[str, Any]  # parsed JSON, not validated: each reader handles the TypeError of a malformed one


def geometries(values: Sequence[RawGeometry]) -> Points | Shapes:
    """Return points if all are points, shapes otherwise; NaN for an empty point, NaN or None for an unreadable one."""
    kinds = [value.get("type") for value in values]
    if set(kinds) == {"Point"} and (pairs := _points(values)) is not None:
        return Points(pairs[:, 0].copy(), pairs[:, 1].copy())
    result = np.empty(len(values), dtype=object)
    for kind in set(map(str, kinds)):
        positions = [position for position, other in enumerate(kinds) if str(other) == kind]
        result[positions] = _of_type(kind, [values[position] for position in positions])
    return Shapes(result)


def is_empty(value: RawGeometry) -> bool:
    """Return whether a geometry is explicitly empty."""
    return value.get("coordinates") == [] or value.get("geometries") == []


def _points(values: Sequence[RawGeometry]) -> np.ndarray | None:
    try:
        return _pairs([value.get("coordinates") or (np.nan, np.nan) for value in values])
    except (IndexError, TypeError, ValueError):
        return None


def _of_type(kind: str, values: Sequence[RawGeometry]) -> np.ndarray:
    shapes = _ragged_array(*_TYPES[kind], values) if kind in _TYPES else None
    if shapes is not None:
        return shapes
    result = np.empty(len(values), dtype=object)
    result[:] = [_single(value) for value in values]
    return result


def _ragged_array(kind: GeometryType, depth: int, values: Sequence[RawGeometry]) -> np.ndarray | None:
    """Return the geometries of one type, None if one of them is malformed."""
    try:
        items = [value["coordinates"] for value in values]
        offsets: list[np.ndarray] = []
        for _ in range(depth):
            offsets.insert(0, np.concatenate(([0], np.cumsum([len(item) for item in items], dtype=np.int64))))
            items = list(chain.from_iterable(items))
        return np.asarray(shapely.from_ragged_array(kind, _pairs(items), tuple(offsets)), dtype=object)
    except (KeyError, IndexError, TypeError, ValueError, shapely.errors.GEOSException):
        return None


def _pairs(positions: Sequence[Sequence[float]]) -> np.ndarray:
    """Return the first two numbers of each position. Raises ValueError or TypeError if they are not numbers."""
    widths = set(map(len, positions))
    if widths == {_PAIR}:
        return np.fromiter(chain.from_iterable(positions), float, _PAIR * len(positions)).reshape(-1, _PAIR)
    return np.array([(float(position[0]), float(position[1])) for position in positions]).reshape(-1, _PAIR)


def _single(value: RawGeometry) -> shapely.Geometry | None:
    try:
        shape = shapely.from_geojson(orjson.dumps(value), on_invalid="ignore")
    except (orjson.JSONEncodeError, RecursionError, shapely.errors.GEOSException, TypeError):
        return None
    is_valid = shape is not None and np.isfinite(shapely.get_coordinates(shape)).all()
    return shape if is_valid else None
