"""GeoJSON geometries to numbers and shapely geometries, all of one type at once."""

from itertools import chain
from typing import Any

import numpy as np
import orjson
import shapely
from shapely import GeometryType

from oa_task.features.batch import Points, Shapes

# The type, and how many levels of lists are around a list of positions.
_TYPES = {
    "LineString": (GeometryType.LINESTRING, 1),
    "MultiPoint": (GeometryType.MULTIPOINT, 1),
    "Polygon": (GeometryType.POLYGON, 2),
    "MultiLineString": (GeometryType.MULTILINESTRING, 2),
    "MultiPolygon": (GeometryType.MULTIPOLYGON, 3),
}
_PAIR = 2


def geometries(values: list[dict[str, Any]]) -> Points | Shapes:
    """Return points where all are points, shapes otherwise; NaN for an empty point, NaN or None for no geometry."""
    kinds = [value.get("type") for value in values]
    if set(kinds) == {"Point"} and (pairs := _points(values)) is not None:
        return Points(pairs[:, 0].copy(), pairs[:, 1].copy())
    result = np.empty(len(values), dtype=object)
    for kind in set(map(str, kinds)):
        places = [place for place, own in enumerate(kinds) if str(own) == kind]
        result[places] = _of_type(kind, [values[place] for place in places])
    return Shapes(result)


def is_empty(value: dict[str, Any]) -> bool:
    """Tell whether a geometry says that it is nowhere."""
    return value.get("coordinates") == [] or value.get("geometries") == []


def _points(values: list[dict[str, Any]]) -> np.ndarray | None:
    try:
        return _pairs([value.get("coordinates") or (np.nan, np.nan) for value in values])
    except (IndexError, TypeError, ValueError):
        return None


def _of_type(kind: str, values: list[dict[str, Any]]) -> np.ndarray:
    at_once = _ragged(*_TYPES[kind], values) if kind in _TYPES else None
    if at_once is not None:
        return at_once
    result = np.empty(len(values), dtype=object)
    result[:] = [_single(value) for value in values]
    return result


def _ragged(kind: GeometryType, depth: int, values: list[dict[str, Any]]) -> np.ndarray | None:
    """Return geometries of one type, None where one of them is not as it should be."""
    try:
        items = [value["coordinates"] for value in values]
        offsets: list[np.ndarray] = []
        for _ in range(depth):
            offsets.insert(0, np.concatenate(([0], np.cumsum([len(item) for item in items], dtype=np.int64))))
            items = list(chain.from_iterable(items))
        return np.asarray(shapely.from_ragged_array(kind, _pairs(items), tuple(offsets)), dtype=object)
    except (KeyError, IndexError, TypeError, ValueError, shapely.errors.GEOSException):
        return None


def _pairs(positions: list[Any]) -> np.ndarray:
    """Return the first two numbers of each position. Raises ValueError or TypeError where they are not numbers."""
    widths = set(map(len, positions))
    if widths == {_PAIR}:
        return np.fromiter(chain.from_iterable(positions), float, _PAIR * len(positions)).reshape(-1, _PAIR)
    return np.array([(float(position[0]), float(position[1])) for position in positions]).reshape(-1, _PAIR)


def _single(value: dict[str, Any]) -> Any:
    try:
        shape = shapely.from_geojson(orjson.dumps(value), on_invalid="ignore")
    except (orjson.JSONEncodeError, RecursionError, shapely.errors.GEOSException, TypeError):
        return None
    is_sound = shape is not None and np.isfinite(shapely.get_coordinates(shape)).all()
    return shape if is_sound else None
