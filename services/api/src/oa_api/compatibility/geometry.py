"""Extents as polygons, their areas and differences, on the sphere."""

import math

from oa_shared.json_types import JsonObject

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

_EARTH_RADIUS_M = 6_371_008.8
_SIDES = 4


def read_box(bounds: object) -> Box | None:
    """Return the bounds of a result; None if they are not four numbers."""
    if not isinstance(bounds, list | tuple) or len(bounds) != _SIDES:
        return None
    numbers = [float(number) for number in bounds if isinstance(number, int | float)]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == _SIDES else None


def make_polygon(box: Box | None) -> JsonObject | None:
    """Return an extent as a GeoJSON polygon, counter-clockwise."""
    return None if box is None else {"type": "Polygon", "coordinates": [_ring(box)]}


def measure_area(box: Box | None) -> float:
    """Return the area of an extent in square meters; 0 for none."""
    if box is None:
        return 0.0
    west, south, east, north = (math.radians(side) for side in box)
    return abs(_EARTH_RADIUS_M**2 * (math.sin(north) - math.sin(south)) * (east - west))


def subtract_box(box: Box | None, other: Box | None) -> JsonObject | None:
    """Return the part of an extent outside another one as a GeoJSON multipolygon; None if nothing is."""
    if box is None:
        return None
    parts = [box] if other is None else _cut(box, other)
    polygons = [[_ring(part)] for part in parts if part[0] < part[2] and part[1] < part[3]]
    return {"type": "MultiPolygon", "coordinates": polygons} if polygons else None


def _cut(box: Box, other: Box) -> list[Box]:
    """Return the parts of a box that the other one does not cover: above and below it, then at its sides."""
    west, south, east, north = box
    inner_west, inner_south = max(west, other[0]), max(south, other[1])
    inner_east, inner_north = min(east, other[2]), min(north, other[3])
    if inner_west >= inner_east or inner_south >= inner_north:
        return [box]
    return [
        (west, inner_north, east, north),
        (west, south, east, inner_south),
        (west, inner_south, inner_west, inner_north),
        (inner_east, inner_south, east, inner_north),
    ]


def _ring(box: Box) -> list[list[float]]:
    west, south, east, north = box
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
