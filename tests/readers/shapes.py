"""One geometry of each kind for each row, and the straight shape in two dimensions that it must become."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from oa_task.read.wkb_geometry import WkbKind
from support.wkb_writer import Place, Spelling, Tree, encode, square

DIMENSIONS = ("", "Z", "M", "ZM")
_SIZE = 0.004
_ARC_POINTS = 181
# GDAL draws an arc in steps of 4 degrees: the middle of a step is that far from the arc, in radii.
_TOLERANCE = 2e-6
_SHARE = 0.002


class Gaps(StrEnum):
    """Which rows have no geometry."""

    NONE = "no gaps"
    NULL = "nulls"
    EMPTY = "empties"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of geometry: `tree` returns one at a place, `shape` what it must become."""

    wkb: WkbKind
    tree: Callable[[float, float], Tree]
    shape: Callable[[float, float], shapely.Geometry]


def place_of(row: int) -> Place:
    """Return the lower left corner of the ground of a row."""
    return 8.0 + row % 10 / 100, 50.0 + row // 10 / 100


def body_of(kind: Kind, dimensions: str, row: int) -> bytes:
    """Return the geometry of a row as WKB."""
    return encode(kind.tree(*place_of(row)), Spelling(dimensions))


def empty_body(kind: Kind, dimensions: str) -> bytes:
    """Return an empty geometry of the kind as WKB."""
    return encode(Tree(kind.wkb), Spelling(dimensions))


def are_same(shapes: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return which shapes cover the expected ground, however they are written; an empty one is none."""
    are_gaps = shapely.is_missing(expected) | shapely.is_empty(expected)
    is_right: np.ndarray = shapely.is_missing(shapes) == are_gaps
    found = np.flatnonzero(~are_gaps & is_right)
    one, other = shapes[found], expected[found]
    areas, lengths = shapely.area(other), shapely.length(other)
    is_right[found] = (
        ~shapely.is_empty(one)
        & (np.abs(shapely.area(one) - areas) <= _SHARE * areas + _TOLERANCE**2)
        & (np.abs(shapely.length(one) - lengths) <= _SHARE * lengths + _TOLERANCE)
        & (shapely.hausdorff_distance(one, other) < _TOLERANCE)
    )
    return is_right


def _line(x: float, y: float) -> Tree:
    return Tree(WkbKind.LINE, (((x, y), (x + _SIZE, y), (x + _SIZE, y + _SIZE)),))


def _point(x: float, y: float) -> Tree:
    return Tree(WkbKind.POINT, (((x, y),),))


def _polygon(x: float, y: float) -> Tree:
    return Tree(WkbKind.POLYGON, (square(x, y, _SIZE)[::-1], square(x + 0.001, y + 0.001, 0.001)))


def _triangle(x: float, y: float) -> Tree:
    return Tree(WkbKind.TRIANGLE, (((x, y), (x + _SIZE, y), (x, y + _SIZE), (x, y)),))


def _other_triangle(x: float, y: float) -> Tree:
    far = (x + _SIZE, y + _SIZE)
    return Tree(WkbKind.TRIANGLE, (((x + _SIZE, y), far, (x, y + _SIZE), (x + _SIZE, y)),))


def _arc(x: float, y: float) -> Tree:
    """Return the upper half of a circle, from its west to its east."""
    radius = _SIZE / 2
    return Tree(WkbKind.CIRCULAR_STRING, (((x, y), (x + radius, y + radius), (x + _SIZE, y)),))


def _half_disk(x: float, y: float) -> Tree:
    ring = Tree(WkbKind.COMPOUND_CURVE, parts=(_arc(x, y), Tree(WkbKind.LINE, (((x + _SIZE, y), (x, y)),))))
    return Tree(WkbKind.CURVE_POLYGON, parts=(ring,))


def _compound(x: float, y: float) -> Tree:
    tail = Tree(WkbKind.LINE, (((x + _SIZE, y), (x + 2 * _SIZE, y)),))
    return Tree(WkbKind.COMPOUND_CURVE, parts=(_arc(x, y), tail))


def _two(kind: WkbKind, *parts: Callable[[float, float], Tree]) -> Callable[[float, float], Tree]:
    """Return a function that returns a geometry of parts next to each other."""
    return lambda x, y: Tree(kind, parts=tuple(part(x, y + 0.005 * place) for place, part in enumerate(parts)))


def _touching(kind: WkbKind) -> Callable[[float, float], Tree]:
    return lambda x, y: Tree(kind, parts=(_triangle(x, y), _other_triangle(x, y)))


def _patches(x: float, y: float) -> Tree:
    parts = tuple(Tree(WkbKind.POLYGON, part.lists) for part in (_triangle(x, y), _other_triangle(x, y)))
    return Tree(WkbKind.POLYHEDRAL_SURFACE, parts=parts)


def _arc_shape(x: float, y: float) -> shapely.LineString:
    radius = _SIZE / 2
    angles = np.linspace(np.pi, 0, _ARC_POINTS)
    return shapely.LineString(np.column_stack([x + radius + radius * np.cos(angles), y + radius * np.sin(angles)]))


def _straight(tree: Callable[[float, float], Tree]) -> Callable[[float, float], shapely.Geometry]:
    """Return a function that returns a geometry without curves as shapely reads it."""
    return lambda x, y: shapely.from_wkb(encode(tree(x, y), Spelling()))


def _compound_shape(x: float, y: float) -> shapely.LineString:
    return shapely.LineString([*_arc_shape(x, y).coords, (x + 2 * _SIZE, y)])


def _half_disk_shape(x: float, y: float) -> shapely.Polygon:
    return shapely.Polygon(_arc_shape(x, y))


def _square_shape(x: float, y: float) -> shapely.Polygon:
    return shapely.box(x, y, x + _SIZE, y + _SIZE)


def _triangle_shape(x: float, y: float) -> shapely.Polygon:
    return shapely.Polygon(_triangle(x, y).lists[0])


def _beside(
    group: Callable[[list[shapely.Geometry]], shapely.Geometry],
    *parts: Callable[[float, float], shapely.Geometry],
) -> Callable[[float, float], shapely.Geometry]:
    return lambda x, y: group([part(x, y + 0.005 * place) for place, part in enumerate(parts)])


_straight_line, _straight_polygon, _straight_point = _straight(_line), _straight(_polygon), _straight(_point)
_of_points = _two(WkbKind.MULTI_POINT, _point, _point)
_of_lines = _two(WkbKind.MULTI_LINE, _line, _line)
_of_polygons = _two(WkbKind.MULTI_POLYGON, _polygon, _polygon)
_mixed = _two(WkbKind.COLLECTION, _point, _line, _polygon)

KINDS: dict[str, Kind] = {
    "point": Kind(WkbKind.POINT, _point, _straight_point),
    "line": Kind(WkbKind.LINE, _line, _straight_line),
    "polygon": Kind(WkbKind.POLYGON, _polygon, _straight_polygon),
    "points": Kind(WkbKind.MULTI_POINT, _of_points, _straight(_of_points)),
    "lines": Kind(WkbKind.MULTI_LINE, _of_lines, _straight(_of_lines)),
    "polygons": Kind(WkbKind.MULTI_POLYGON, _of_polygons, _straight(_of_polygons)),
    "collection": Kind(WkbKind.COLLECTION, _mixed, _straight(_mixed)),
    "arc": Kind(WkbKind.CIRCULAR_STRING, _arc, _arc_shape),
    "arc and line": Kind(WkbKind.COMPOUND_CURVE, _compound, _compound_shape),
    "half disk": Kind(WkbKind.CURVE_POLYGON, _half_disk, _half_disk_shape),
    "curves": Kind(
        WkbKind.MULTI_CURVE,
        _two(WkbKind.MULTI_CURVE, _arc, _line),
        _beside(shapely.MultiLineString, _arc_shape, _straight_line),
    ),
    "surfaces": Kind(
        WkbKind.MULTI_SURFACE,
        _two(WkbKind.MULTI_SURFACE, _half_disk, _polygon),
        _beside(shapely.MultiPolygon, _half_disk_shape, _straight_polygon),
    ),
    "collection of curves": Kind(
        WkbKind.COLLECTION,
        _two(WkbKind.COLLECTION, _arc, _half_disk, _point),
        _beside(shapely.GeometryCollection, _arc_shape, _half_disk_shape, _straight_point),
    ),
    "polyhedral surface": Kind(WkbKind.POLYHEDRAL_SURFACE, _patches, _square_shape),
    "TIN": Kind(WkbKind.TIN, _touching(WkbKind.TIN), _square_shape),
    "triangle": Kind(WkbKind.TRIANGLE, _triangle, _triangle_shape),
}
