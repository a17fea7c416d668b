"""`delta.geojson`: a bounded choice of what differs from the data published before, for a map.

Of each kind of change at most MOST features are shown, those with the lowest hashes: hashes are evenly spread, so the
choice is fair wherever in the file and on the map a change lies.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape

MOST = 1_000
_MOST_TEXT = 100
_MOST_FIELDS = 20
_EARTH_M = 6_371_008.8
Feature = Mapping[str, Any]


class Delta:
    """Collects features while the changes are written."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._shown: dict[str, list[dict[str, Any]]] = {"removed": [], "added": [], "changed": []}
        self._earlier: dict[int, Feature] = {}

    def limit(self, hashes: np.ndarray) -> int:
        """Return up to which hash features of these are shown."""
        if len(hashes) <= self._most:
            return 2**64 - 1
        return int(np.partition(hashes, self._most - 1)[self._most - 1])

    def note_earlier(self, successor: int, feature: Feature) -> None:
        """Note what a feature was before it changed."""
        if len(self._earlier) < self._most:
            self._earlier[successor] = feature

    def show(self, change: str, line: bytes, *, successor: int | None = None) -> None:
        """Show a feature, unless there are enough of its kind."""
        if len(self._shown[change]) >= self._most:
            return
        feature = json.loads(line)
        earlier = self._earlier.get(successor) if successor is not None else None
        properties = {"change": change, **_short(feature["properties"])}
        if earlier is not None:
            properties |= {"before": _differing(earlier, feature), "moved_m": _moved_m(earlier, feature)}
        place = _place(feature)
        geometry = None if place is None else mapping(place)
        self._shown[change].append({"type": "Feature", "properties": properties, "geometry": geometry})

    def write(self, path: Path, counts: Mapping[str, int]) -> None:
        """Write the collection; `shown` and `of` say how many of each kind there are in it and in all."""
        features = [feature for some in self._shown.values() for feature in some]
        whole = {
            "type": "FeatureCollection",
            "shown": {change: len(some) for change, some in self._shown.items()},
            "of": {change: counts[change] for change in self._shown},
            **_bounds(features),
            "features": features,
        }
        path.write_text(json.dumps(whole, ensure_ascii=False) + "\n", encoding="utf-8")


def _short(properties: Feature) -> dict[str, Any]:
    """Return what has a value, texts cut."""
    filled = [(name, value) for name, value in properties.items() if value not in ("", None) and name != "change"]
    return {name: _cut(value) for name, value in filled[:_MOST_FIELDS]}


def _cut(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value)[:_MOST_TEXT]


def _differing(earlier: Feature, feature: Feature) -> dict[str, Any]:
    before, after = earlier["properties"], feature["properties"]
    return {name: _cut(before[name] or "") for name in before if name != "hash" and before[name] != after.get(name)}


def _place(feature: Feature) -> shapely.Point | None:
    """Return a point on a feature, None where it has no place."""
    geometry = feature["geometry"]
    found = shape(geometry) if geometry is not None else None
    if found is None or found.is_empty:
        return None
    return found if found.geom_type == "Point" else shapely.point_on_surface(found)


def _moved_m(earlier: Feature, feature: Feature) -> float:
    """Return how far the place of a feature moved, in metres on a sphere; 0 where one of the two is unknown."""
    before, after = _place(earlier), _place(feature)
    if before is None or after is None:
        return 0.0
    south, north = math.radians(before.y), math.radians(after.y)
    east = math.radians(after.x - before.x)
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    return round(2 * _EARTH_M * math.asin(math.sqrt(min(chord, 1.0))), 1)


def _bounds(features: list[dict[str, Any]]) -> dict[str, list[float]]:
    places = np.array([item["geometry"]["coordinates"] for item in features if item["geometry"] is not None])
    return {"bbox": [*places.min(axis=0).tolist(), *places.max(axis=0).tolist()]} if len(places) else {}
