"""`delta.geojson`: a bounded sample of the differences from the data published before, for a map.

Of each kind of change it shows at most LIMIT features, those with the lowest hashes. Hashes are evenly distributed, so
the sample does not depend on the position of a change in the file or on the map.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from oa_shared.json_types import JsonMapping, JsonObject

LIMIT = 1_000
_MAX_TEXT = 100
_MAX_FIELDS = 20
_EARTH_RADIUS_M = 6_371_008.8


class _Feature(TypedDict):
    """A GeoJSON feature, as the engine writes it."""

    properties: JsonObject
    geometry: JsonObject | None


class Delta:
    """Collects features while the changes are written."""

    def __init__(self, *, limit: int = LIMIT) -> None:
        self._limit = limit
        self._shown: dict[str, list[JsonObject]] = {"removed": [], "added": [], "changed": []}
        self._points: list[shapely.Point] = []
        self._earlier: dict[int, _Feature] = {}

    def max_hash(self, hashes: np.ndarray) -> int:
        """Return the highest hash of a shown feature among these."""
        if len(hashes) <= self._limit:
            return 2**64 - 1
        return int(np.partition(hashes, self._limit - 1)[self._limit - 1])

    def keep_earlier(self, successor: int, feature: _Feature) -> None:
        """Keep a feature before its change; `successor` is the index of the feature after it."""
        if len(self._earlier) < self._limit:
            self._earlier[successor] = feature

    def show(self, change: str, line: bytes, *, successor: int | None = None) -> None:
        """Add a feature, unless the sample of its kind is full."""
        if len(self._shown[change]) >= self._limit:
            return
        feature: _Feature = json.loads(line)
        earlier = self._earlier.get(successor) if successor is not None else None
        properties: JsonObject = {"change": change, **_shorten_properties(feature["properties"])}
        if earlier is not None:
            properties |= {"before": _earlier_values(earlier, feature), "moved_m": _moved_m(earlier, feature)}
        point = _point_of(feature)
        if point is not None:
            self._points.append(point)
        geometry = None if point is None else mapping(point)
        self._shown[change].append({"type": "Feature", "properties": properties, "geometry": geometry})

    def write(self, path: Path, counts: Mapping[str, int]) -> None:
        """Write the collection; `shown` has the number of its features by kind of change, `of` the total."""
        collection = {
            "type": "FeatureCollection",
            "shown": {change: len(features) for change, features in self._shown.items()},
            "of": {change: counts[change] for change in self._shown},
            **self._bounds(),
            "features": [feature for features in self._shown.values() for feature in features],
        }
        path.write_text(json.dumps(collection, ensure_ascii=False) + "\n", encoding="utf-8")

    def _bounds(self) -> JsonObject:
        if not self._points:
            return {}
        places = shapely.get_coordinates(self._points)
        return {"bbox": [*places.min(axis=0).tolist(), *places.max(axis=0).tolist()]}


def _shorten_properties(properties: JsonMapping) -> JsonObject:
    """Return the first properties with a value, long texts cut."""
    filled = [(name, value) for name, value in properties.items() if value not in ("", None) and name != "change"]
    return {name: _shorten(value) for name, value in filled[:_MAX_FIELDS]}


def _shorten(value: object) -> int | float | str:
    return value if isinstance(value, int | float) else str(value)[:_MAX_TEXT]


def _earlier_values(earlier: _Feature, feature: _Feature) -> JsonObject:
    """Return the values before the change of the properties that differ."""
    before, after = earlier["properties"], feature["properties"]
    names = [name for name in before if name != "hash" and before[name] != after.get(name)]
    return {name: _shorten(before[name] or "") for name in names}


def _point_of(feature: _Feature) -> shapely.Point | None:
    """Return a point on a feature, None without a geometry."""
    geometry = shape(feature["geometry"]) if feature["geometry"] is not None else None
    if geometry is None or geometry.is_empty:
        return None
    return geometry if geometry.geom_type == "Point" else shapely.point_on_surface(geometry)


def _moved_m(earlier: _Feature, feature: _Feature) -> float:
    """Return the distance between two versions of a feature in meters on a sphere; 0 without one of the geometries."""
    before, after = _point_of(earlier), _point_of(feature)
    if before is None or after is None:
        return 0.0
    south, north = math.radians(before.y), math.radians(after.y)
    east = math.radians(after.x - before.x)
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    return round(2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(chord, 1.0))), 1)
