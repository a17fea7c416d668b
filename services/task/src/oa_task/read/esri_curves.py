"""Curved rings and paths of Esri JSON as straight segments.

A curve continues from the point before it: `c` (end, a point in between: circular arc), `b` (end, two controls:
Bézier), `a` (end, center, minor, clockwise, rotation, axis, ratio: elliptic arc, or a circular one without the last
three). The download asks servers to straighten curves; this module handles those of servers that do not. Source:
the ArcGIS REST description of geometry objects, "Curves".
"""

import math
from collections.abc import Sequence
from typing import Any

from oa_task.read.arcs import Place, arc_through, segment_count

_SEGMENTS = 32
_FULL_ARC = 7  # elements of `a` that describe an ellipse
Curve = dict[str, Any]  # parsed JSON, not validated: the caller handles the errors of a malformed one
Part = list[Any]  # positions and curves of a ring or path, not validated either


def straighten_curves(part: Part) -> Part:
    """Return a ring or path with points in place of each curve. Raises ValueError for an unknown kind of curve."""
    result: Part = []
    for item in part:
        if isinstance(item, dict):
            result.extend(_points(_xy(result[-1]), item))
        else:
            result.append(item[:2])
    return result


def _points(start: Place, curve: Curve) -> list[list[float]]:
    if "c" in curve:
        end, middle = (_xy(point) for point in curve["c"][:2])
        return [list(point) for point in arc_through(start, middle, end).tolist()]
    if "b" in curve:
        end, first, second = (_xy(point) for point in curve["b"][:3])
        return _bezier(start, first, second, end)
    if "a" in curve:
        return _ellipse(start, curve["a"])
    raise ValueError(f"unknown kind of curve: {sorted(curve)[:5]}")


def _xy(point: Sequence[float]) -> Place:
    return float(point[0]), float(point[1])


def _bezier(start: Place, first: Place, second: Place, end: Place) -> list[list[float]]:
    points = []
    for step in range(1, _SEGMENTS):
        t = step / _SEGMENTS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        corners = (start, first, second, end)
        points.append([sum(w * point[axis] for w, point in zip(weights, corners, strict=True)) for axis in (0, 1)])
    return [*points, list(end)]


def _ellipse(start: Place, arc: Part) -> list[list[float]]:
    end, center, is_clockwise = _xy(arc[0]), _xy(arc[1]), bool(arc[3])
    rotation, ratio = (float(arc[4]), float(arc[6])) if len(arc) >= _FULL_ARC else (0.0, 1.0)
    first, last = (_in_ellipse_axes(point, center, rotation, ratio) for point in (start, end))
    semi_major = math.hypot(*first)
    begin, stop = math.atan2(first[1], first[0]), math.atan2(last[1], last[0])
    sweep = -((begin - stop) % math.tau) if is_clockwise else (stop - begin) % math.tau
    if start == end:
        sweep = -math.tau if is_clockwise else math.tau
    points, count = [], segment_count(sweep)
    for angle in (begin + sweep * step / count for step in range(1, count)):
        u, v = semi_major * math.cos(angle), semi_major * ratio * math.sin(angle)
        cos, sin = math.cos(rotation), math.sin(rotation)
        points.append([center[0] + u * cos - v * sin, center[1] + u * sin + v * cos])
    return [*points, list(end)]


def _in_ellipse_axes(point: Place, center: Place, rotation: float, ratio: float) -> Place:
    """Return a point in the coordinates of an ellipse's center and axes, the minor axis scaled to the major one."""
    x, y = point[0] - center[0], point[1] - center[1]
    cos, sin = math.cos(-rotation), math.sin(-rotation)
    return x * cos - y * sin, (x * sin + y * cos) / ratio
