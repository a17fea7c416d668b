"""Circular arcs as straight segments, the same segments as GDAL's.

GDAL cuts an arc into equal segments of about 4 degrees: an odd number of them, and at least 7. No place of such a
segment is farther from the arc than 0.07 % of the radius.
"""

import math

import numpy as np

SEGMENT = math.radians(4)
_LEAST_SEGMENTS = 7
# The sine of the angle below which three points are on a line: rounding of projected coordinates alone causes less.
_STRAIGHT = 1e-8
Place = tuple[float, float]


def arc_through(start: Place, middle: Place, end: Place) -> np.ndarray:
    """Return the points of the arc from `start` over `middle` to `end`, without `start`: shape (n, 2).

    Equal ends are a full circle whose diameter ends at `middle`. For three points on a line the result is `middle`
    and `end`.
    """
    center = _center(start, middle, end)
    if center is None:
        return np.array([middle, end])
    first, via, last = (math.atan2(y - center[1], x - center[0]) for x, y in (start, middle, end))
    sweep = math.tau if start == end else (last - first) % math.tau
    if (via - first) % math.tau > sweep:
        sweep -= math.tau
    angles = first + np.linspace(0, sweep, segment_count(sweep) + 1)[1:]
    points = np.column_stack((np.cos(angles), np.sin(angles))) * math.dist(start, center) + center
    points[-1] = end
    return points


def segment_count(sweep: float) -> int:
    """Return the number of segments of an arc of `sweep` radians."""
    return max(_LEAST_SEGMENTS, math.floor(abs(sweep) / SEGMENT + 0.5)) | 1


def _center(start: Place, middle: Place, end: Place) -> Place | None:
    """Return the center of the circle through three points, None if they are on a line."""
    if start == end:
        return None if start == middle else ((start[0] + middle[0]) / 2, (start[1] + middle[1]) / 2)
    (ax, ay), (bx, by) = ((x - start[0], y - start[1]) for x, y in (middle, end))
    a, b, cross = ax * ax + ay * ay, bx * bx + by * by, ax * by - ay * bx
    if not abs(cross) > _STRAIGHT * math.sqrt(a * b):
        return None
    return start[0] + (by * a - ay * b) / (2 * cross), start[1] + (ax * b - bx * a) / (2 * cross)
