"""One geometry from well-known binary (WKB) of any type as straight geometry in two dimensions.

The types are those of OGC 06-103r4 and ISO/IEC 13249-3, with Z and M as ISO or PostGIS writes them. Arcs become
straight segments, surfaces in space the ground that they cover.
"""

from collections.abc import Callable
from enum import IntEnum, unique

import numpy as np
import shapely

from oa_task.read.arcs import arc_through
from oa_task.read.footprint import footprint
from oa_task.read.wkb_cursor import COUNT_BYTES, GEOMETRY_BYTES, WkbCursor, WkbError

_MAX_DEPTH = 32  # as in GDAL
_MAX_POINTS = 20_000_000  # of one geometry, after its arcs are straight: 320 MB
_LEAST_RING, _LEAST_LINE, _LEAST_ARC = 4, 2, 3


@unique
class WkbKind(IntEnum):
    """The kinds of geometry, as WKB numbers them, without the abstract ones (Curve, Surface)."""

    POINT = 1
    LINE = 2
    POLYGON = 3
    MULTI_POINT = 4
    MULTI_LINE = 5
    MULTI_POLYGON = 6
    COLLECTION = 7
    CIRCULAR_STRING = 8
    COMPOUND_CURVE = 9
    CURVE_POLYGON = 10
    MULTI_CURVE = 11
    MULTI_SURFACE = 12
    POLYHEDRAL_SURFACE = 15
    TIN = 16
    TRIANGLE = 17


_CURVES = frozenset({WkbKind.LINE, WkbKind.CIRCULAR_STRING, WkbKind.COMPOUND_CURVE})
_MEMBERS = {
    WkbKind.MULTI_POINT: frozenset({WkbKind.POINT}),
    WkbKind.MULTI_LINE: frozenset({WkbKind.LINE}),
    WkbKind.MULTI_POLYGON: frozenset({WkbKind.POLYGON}),
    WkbKind.COLLECTION: frozenset(WkbKind),
    WkbKind.MULTI_CURVE: _CURVES,
    WkbKind.MULTI_SURFACE: frozenset({WkbKind.POLYGON, WkbKind.CURVE_POLYGON}),
    WkbKind.POLYHEDRAL_SURFACE: frozenset({WkbKind.POLYGON, WkbKind.TRIANGLE}),
    WkbKind.TIN: frozenset({WkbKind.POLYGON, WkbKind.TRIANGLE}),
}
_SURFACES = frozenset({WkbKind.POLYHEDRAL_SURFACE, WkbKind.TIN, WkbKind.TRIANGLE})
_AREAS = _SURFACES | {WkbKind.POLYGON, WkbKind.MULTI_POLYGON, WkbKind.CURVE_POLYGON, WkbKind.MULTI_SURFACE}


def read_geometry(body: bytes) -> shapely.Geometry:
    """Return the geometry, empty only if it has no point.

    Raises WkbError for malformed bytes, types without a meaning, and a shape that is not one: a ring of two points, a
    surface that consists of walls.
    """
    reader = _Reader(body)
    shape = reader.geometry()
    if reader.points and shape.is_empty:
        raise WkbError("the shape covers no ground: all of its faces are walls")
    return shape


def center(body: bytes) -> shapely.Geometry | None:
    """Return the center of the bounds of a geometry that is sound but for rings and lines with too few points.

    None if there is none.
    """
    reader = _Reader(body, is_strict=False)
    try:
        bounds = reader.geometry().bounds
    except (WkbError, shapely.errors.GEOSException):  # the latter for a ring with a coordinate that is not a number
        return None
    west, south, east, north = bounds
    middle = ((west + east) / 2, (south + north) / 2)
    return shapely.Point(middle) if np.isfinite(middle).all() else None


def is_flat(body: bytes) -> bool:
    """Return whether a multipoint, multiline or multipolygon is complete and has only members of the same kind."""
    cursor = WkbCursor(body)
    try:
        (member,) = _MEMBERS[WkbKind(cursor.start_geometry())]
        for _ in range(cursor.count(GEOMETRY_BYTES)):
            if cursor.start_geometry() != member:
                return False
            if member is WkbKind.POINT:
                cursor.skip_points(1)
            for _ in range(cursor.count(COUNT_BYTES) if member is WkbKind.POLYGON else int(member is WkbKind.LINE)):
                cursor.skip_points()
    except ValueError:
        return False
    return True


class _Reader:
    """Reads a geometry by recursive descent; `points` counts those read.

    Unless `is_strict`, lines and rings with too few points become the points of a collection.
    """

    def __init__(self, body: bytes, *, is_strict: bool = True) -> None:
        self._cursor = WkbCursor(body)
        self._depth = 0
        self._is_strict = is_strict
        self.points = 0

    def geometry(self) -> shapely.Geometry:
        """Return the geometry that starts here."""
        _, shape = self._member(frozenset(WkbKind), "geometry")
        return shape

    def _member(self, allowed: frozenset[WkbKind], parent: str) -> tuple[WkbKind, shapely.Geometry]:
        kind = self._start(allowed, parent)
        if kind in _CURVES:
            shape = self._line(self._curve_points(kind))
        elif kind in _MEMBERS:
            shape = self._collection(kind)
        elif kind is WkbKind.POINT:
            shape = self._point()
        else:
            shape = self._polygon(self._rings(kind))
        self._depth -= 1
        return kind, shape

    def _start(self, allowed: frozenset[WkbKind], parent: str) -> WkbKind:
        code = self._cursor.start_geometry()
        try:
            kind = WkbKind(code)
        except ValueError:
            raise WkbError(f"unknown geometry type {code}") from None
        if kind not in allowed:
            raise WkbError(f"{parent} with a part of type {kind.name.lower()}")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise WkbError(f"nested deeper than {_MAX_DEPTH} levels")
        return kind

    def _point(self) -> shapely.Geometry:
        (pair,) = self._cursor.pairs(1)
        if np.isnan(pair).all():
            return shapely.Point()
        self.points += 1
        return shapely.Point(pair)

    def _points(self) -> np.ndarray:
        return self._count_points(self._cursor.points())

    def _count_points(self, points: np.ndarray) -> np.ndarray:
        self.points += len(points)
        if self.points > _MAX_POINTS:
            raise WkbError(f"more than {_MAX_POINTS:,} points")
        return points

    def _curve_points(self, kind: WkbKind) -> np.ndarray:
        if kind is WkbKind.LINE:
            return self._points()
        if kind is WkbKind.CIRCULAR_STRING:
            return self._arcs(self._points())
        pieces = [self._member_curve() for _ in range(self._cursor.count(GEOMETRY_BYTES))]
        return _join([piece for piece in pieces if len(piece)])

    def _member_curve(self) -> np.ndarray:
        points = self._curve_points(self._start(_CURVES, "a curve"))
        self._depth -= 1
        return points

    def _arcs(self, points: np.ndarray) -> np.ndarray:
        if not len(points):
            return points
        if len(points) < _LEAST_ARC or len(points) % 2 == 0:
            raise WkbError(f"a circular string of {len(points):,} points: an arc has three, the next ones share ends")
        if not np.isfinite(points).all():
            return points
        places: list[tuple[float, float]] = [(x, y) for x, y in points.tolist()]
        starts = range(0, len(places) - 2, 2)
        arcs = [self._count_points(arc_through(*places[start : start + 3])) for start in starts]
        return np.concatenate((points[:1], *arcs))

    def _line(self, points: np.ndarray) -> shapely.Geometry:
        if 0 < len(points) < _LEAST_LINE:
            return self._too_few(points, "a line of one point")
        return shapely.LineString(points)

    def _rings(self, kind: WkbKind) -> list[np.ndarray]:
        is_curved = kind is WkbKind.CURVE_POLYGON
        read: Callable[[], np.ndarray] = self._member_curve if is_curved else self._points
        return [read() for _ in range(self._cursor.count(GEOMETRY_BYTES if is_curved else COUNT_BYTES))]

    def _polygon(self, rings: list[np.ndarray]) -> shapely.Geometry:
        if rings and not len(rings[0]) and any(map(len, rings)):
            raise WkbError("a hole without a shell")
        closed = [_close(ring) for ring in rings if len(ring)]
        if any(len(ring) < _LEAST_RING for ring in closed):
            return self._too_few(np.concatenate(closed), "a ring of fewer than three points")
        return shapely.Polygon(closed[0], closed[1:]) if closed else shapely.Polygon()

    def _too_few(self, points: np.ndarray, reason: str) -> shapely.Geometry:
        if self._is_strict:
            raise WkbError(reason)
        return shapely.MultiPoint(points)

    def _collection(self, kind: WkbKind) -> shapely.Geometry:
        count = self._cursor.count(GEOMETRY_BYTES)
        members = [self._member(_MEMBERS[kind], f"a {kind.name.lower()}") for _ in range(count)]
        shapes = [shape for _, shape in members if not shape.is_empty]
        if not self._is_strict:
            return shapely.GeometryCollection(shapes)
        if kind in _SURFACES or _is_patchwork({kind for kind, _ in members}, kind):
            return footprint(shapes)
        return _COLLECTORS.get(kind, shapely.GeometryCollection)(shapes)


_COLLECTORS: dict[WkbKind, Callable[[list[shapely.Geometry]], shapely.Geometry]] = {
    WkbKind.MULTI_POINT: shapely.MultiPoint,
    WkbKind.MULTI_LINE: shapely.MultiLineString,
    WkbKind.MULTI_CURVE: shapely.MultiLineString,
    WkbKind.MULTI_POLYGON: shapely.MultiPolygon,
    WkbKind.MULTI_SURFACE: shapely.MultiPolygon,
}


def _is_patchwork(members: set[WkbKind], parent: WkbKind) -> bool:
    """Return whether a collection is one surface: GDAL writes a MultiPatch as a collection of surfaces and polygons."""
    return parent is WkbKind.COLLECTION and members <= _AREAS and bool(members & _SURFACES)


def _join(pieces: list[np.ndarray]) -> np.ndarray:
    """Return the points of a curve from those of its pieces; each piece starts where the previous one ends."""
    kept = [
        piece[1:] if index and (piece[0] == pieces[index - 1][-1]).all() else piece
        for index, piece in enumerate(pieces)
    ]
    return np.concatenate(kept) if kept else np.empty((0, 2))


def _close(ring: np.ndarray) -> np.ndarray:
    return ring if (ring[0] == ring[-1]).all() else np.concatenate((ring, ring[:1]))
