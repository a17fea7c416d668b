"""`delta.geojson`: a bounded sample of the differences from the data published before, for a map.

Of each kind of change it shows at most LIMIT features, those with the lowest hashes. Hashes are evenly distributed, so
the sample does not depend on the position of a change in the file or on the map.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import mapping

from oa_shared.json_types import JsonMapping, JsonObject
from oa_task.write.change_lines import earlier_values
from oa_task.write.feature_keys import FeatureText
from oa_task.write.lines import HASH_DIGITS, HEAD
from oa_task.write.place_change import distance_m, point_of, shorten_properties, shorten_value

LIMIT = 1_000


class Delta:
    """Collects features while the changes are written. It gets the hashes of all features of each kind of change."""

    def __init__(self, *, removed: np.ndarray, added: np.ndarray, changed: np.ndarray) -> None:
        kinds = {"removed": removed, "added": added, "changed": changed}
        self._max_hash = {kind: _max_hash(hashes) for kind, hashes in kinds.items()}
        self._shown: dict[str, list[JsonObject]] = {kind: [] for kind in kinds}
        self._places: list[shapely.Geometry] = []

    def show(self, change: str, line: bytes, before: bytes | None = None) -> None:
        """Add a feature, unless it is not in the sample of its kind; `before` is the line of a changed one before."""
        if line[len(HEAD) : len(HEAD) + HASH_DIGITS] > self._max_hash[change] or len(self._shown[change]) >= LIMIT:
            return
        feature = FeatureText.read(line)
        properties: JsonObject = {"change": change, **shorten_properties(feature.properties)}
        place: shapely.Geometry | None = point_of(feature.geometry)
        if before is not None:
            earlier = FeatureText.read(before)
            values = earlier_values(earlier.properties, feature.properties)
            moved_m, place = _move(point_of(earlier.geometry), place)
            properties |= {"before": {name: shorten_value(value) or "" for name, value in values.items()}}
            properties["moved_m"] = moved_m
        if place is not None:
            self._places.append(place)
        geometry = None if place is None else mapping(place)
        self._shown[change].append({"type": "Feature", "properties": properties, "geometry": geometry})

    def write(self, path: Path, counts: Mapping[str, int], fields: JsonMapping) -> None:
        """Write the collection; `shown` has the number of its features by kind of change, `of` the total."""
        collection = {
            "type": "FeatureCollection",
            "shown": {change: len(features) for change, features in self._shown.items()},
            "of": {change: counts[change] for change in self._shown},
            **fields,
            **self._bounds(),
            "features": [feature for features in self._shown.values() for feature in features],
        }
        path.write_text(json.dumps(collection, ensure_ascii=False) + "\n", encoding="utf-8")

    def _bounds(self) -> JsonObject:
        if not self._places:
            return {}
        places = shapely.get_coordinates(self._places)
        return {"bbox": [*places.min(axis=0).tolist(), *places.max(axis=0).tolist()]}


def _max_hash(hashes: np.ndarray) -> bytes:
    """Return the highest hash of a feature in the sample, as in its line."""
    if len(hashes) <= LIMIT:
        return b"f" * HASH_DIGITS
    return b"%016x" % int(np.partition(hashes, LIMIT - 1)[LIMIT - 1])


def _move(before: shapely.Point | None, after: shapely.Point | None) -> tuple[float, shapely.Geometry | None]:
    """Return how far a feature moved, 0 without one of the places; and its place, or the line of its move."""
    if before is None or after is None or before.equals(after):
        return 0.0, after
    return distance_m(before, after), shapely.LineString([before, after])
