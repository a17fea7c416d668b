"""Curved rings and paths of Esri JSON as straight pieces.

A curve follows the point before it: `c` (end, a point on the way: circular arc), `b` (end, two controls: Bézier), `a`
(end, centre, minor, clockwise, rotation, axis, ratio: elliptic arc; without the last three a circular one). We ask
servers to straighten curves themselves; this is for those that do not. Source: the ArcGIS REST description of
geometry objects, "Curves".
"""

import math
from typing import Any

_PIECES = 32
_FULL_ARC = 7  # elements of `a` that describe an ellipse
Place = tuple[float, float]


def straighten_curves(part: list[Any]) -> list[Any]:
    """Return a ring or path with every curve replaced by points on it. Raises ValueError for an unknown curve."""
    result: list[Any] = []
    for item in part:
        if isinstance(item, dict):
            result.extend(_points(_xy(result[-1]), item))
        else:
            result.append(item[:2])
    return result


def _points(start: Place, curve: dict[str, Any]) -> list[list[float]]:
    if "c" in curve:
        end, middle = (_xy(point) for point in curve["c"][:2])
        return _three_point_arc(start, middle, end)
    if "b" in curve:
        end, first, second = (_xy(point) for point in curve["b"][:3])
        return _bezier(start, first, second, end)
    if "a" in curve:
        return _ellipse(start, curve["a"])
    raise ValueError(f"a curve of unknown kind: {sorted(curve)[:5]}")


def _xy(point: Any) -> Place:
    return float(point[0]), float(point[1])


def _three_point_arc(start: Place, middle: Place, end: Place) -> list[list[float]]:
    centre = _centre(start, middle, end)
    if centre is None:
        return [list(middle), list(end)]
    first, via, last = (math.atan2(y - centre[1], x - centre[0]) for x, y in (start, middle, end))
    sweep = (last - first) % math.tau
    if (via - first) % math.tau > sweep:
        sweep -= math.tau
    if start == end:
        sweep = math.tau
    radius = math.dist(start, centre)
    points = [
        [centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)]
        for angle in (first + sweep * step / _PIECES for step in range(1, _PIECES))
    ]
    return [*points, list(end)]


def _centre(one: Place, two: Place, three: Place) -> Place | None:
    """Return the centre of the circle through three points, None where they lie on a line."""
    if one == three:
        return (one[0] + two[0]) / 2, (one[1] + two[1]) / 2
    (ax, ay), (bx, by) = ((x - one[0], y - one[1]) for x, y in (two, three))
    twice = 2 * (ax * by - ay * bx)
    if abs(twice) < 1e-18:  # noqa: PLR2004 - degrees squared: far below a millimetre
        return None
    a, b = ax * ax + ay * ay, bx * bx + by * by
    return one[0] + (by * a - ay * b) / twice, one[1] + (ax * b - bx * a) / twice


def _bezier(start: Place, first: Place, second: Place, end: Place) -> list[list[float]]:
    points = []
    for step in range(1, _PIECES):
        t = step / _PIECES
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        corners = (start, first, second, end)
        points.append([sum(w * point[axis] for w, point in zip(weights, corners, strict=True)) for axis in (0, 1)])
    return [*points, list(end)]


def _ellipse(start: Place, given: list[Any]) -> list[list[float]]:
    end, centre, is_clockwise = _xy(given[0]), _xy(given[1]), bool(given[3])
    rotation, ratio = (float(given[4]), float(given[6])) if len(given) >= _FULL_ARC else (0.0, 1.0)
    first, last = (_turned(point, centre, rotation, ratio) for point in (start, end))
    semi_major = math.hypot(*first)
    begin, stop = math.atan2(first[1], first[0]), math.atan2(last[1], last[0])
    sweep = -((begin - stop) % math.tau) if is_clockwise else (stop - begin) % math.tau
    if start == end:
        sweep = -math.tau if is_clockwise else math.tau
    points = []
    for angle in (begin + sweep * step / _PIECES for step in range(1, _PIECES)):
        u, v = semi_major * math.cos(angle), semi_major * ratio * math.sin(angle)
        cos, sin = math.cos(rotation), math.sin(rotation)
        points.append([centre[0] + u * cos - v * sin, centre[1] + u * sin + v * cos])
    return [*points, list(end)]


def _turned(point: Place, centre: Place, rotation: float, ratio: float) -> Place:
    """Return a point as seen from an ellipse's centre and axes, the minor axis stretched to the major one."""
    x, y = point[0] - centre[0], point[1] - centre[1]
    cos, sin = math.cos(-rotation), math.sin(-rotation)
    return x * cos - y * sin, (x * sin + y * cos) / ratio
