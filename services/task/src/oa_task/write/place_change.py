"""The places and attributes of changed features, short enough for a page."""

import json
import math

import shapely
from shapely.geometry import shape

from oa_shared.json_types import JsonMapping, JsonObject

_MAX_TEXT = 100
_MAX_FIELDS = 20
_EARTH_RADIUS_M = 6_371_008.8


def shorten_properties(properties: JsonMapping) -> JsonObject:
    """Return the first properties with a value, long texts cut."""
    filled = [(name, value) for name, value in properties.items() if value not in ("", None) and name != "change"]
    return {name: shorten_value(value) for name, value in filled[:_MAX_FIELDS]}


def shorten_value(value: object) -> int | float | str | None:
    """Return a value, a long text cut, None for an empty one."""
    if value is None or value == "":
        return None
    return value if isinstance(value, int | float) else str(value)[:_MAX_TEXT]


def point_of(geometry: bytes) -> shapely.Point | None:
    """Return a point on a geometry, given as text; None without one."""
    found = json.loads(geometry)
    whole = shape(found) if found is not None else None
    if whole is None or whole.is_empty:
        return None
    return whole if whole.geom_type == "Point" else shapely.point_on_surface(whole)


def measure_move(before: bytes, after: bytes) -> JsonObject:
    """Return `before` and `after`, the positions of a geometry, and `moved_m`, if both are there."""
    old, new = point_of(before), point_of(after)
    move: JsonObject = {"before": _position(old), "after": _position(new)}
    return move if old is None or new is None else {**move, "moved_m": distance_m(old, new)}


def distance_m(before: shapely.Point, after: shapely.Point) -> float:
    """Return the distance between two points in meters on a sphere."""
    south, north = math.radians(before.y), math.radians(after.y)
    east = math.radians(after.x - before.x)
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    return round(2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(chord, 1.0))), 1)


def _position(point: shapely.Point | None) -> list[float] | None:
    return None if point is None else [point.x, point.y]
