"""Geometries of every OGC type as trees, and as well-known binary (WKB) in every spelling: Z, M, byte order, SRID."""

import struct
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass

from hypothesis import strategies as st

from oa_task.read.wkb_geometry import WkbKind

Place = tuple[float, float]
_EXTRA = {"": 0, "Z": 1, "M": 1, "ZM": 2}
_ISO = {"": 0, "Z": 1000, "M": 2000, "ZM": 3000}
_HIGH_BITS = {"": 0, "Z": 0x80000000, "M": 0x40000000, "ZM": 0xC0000000}
_SRID_BIT = 0x20000000


@dataclass(frozen=True)
class Tree:
    """A geometry: `lists` has the points of a point or curve, or the rings of a polygon; others have `parts`."""

    kind: WkbKind
    lists: tuple[tuple[Place, ...], ...] = ()
    parts: "tuple[Tree, ...]" = ()

    def places(self) -> Iterator[Place]:
        for places in self.lists:
            yield from places
        for part in self.parts:
            yield from part.places()

    def kinds(self) -> set[WkbKind]:
        return {self.kind}.union(*(part.kinds() for part in self.parts))


@dataclass(frozen=True)
class Spelling:
    """How WKB spells a geometry: its dimensions, whether as ISO or with high bits, its byte order and SRID."""

    dimensions: str = ""
    is_iso: bool = True
    order: str = "<"
    srid: int | None = None


def encode(tree: Tree, spelling: Spelling, part_order: str | None = None) -> bytes:
    """Return the WKB of a tree; the parts alternate between the byte order `part_order` and that of the spelling."""
    order, extra = spelling.order, (7.5,) * _EXTRA[spelling.dimensions]
    code = int(tree.kind) + (_ISO if spelling.is_iso else _HIGH_BITS)[spelling.dimensions]
    code |= 0 if spelling.srid is None else _SRID_BIT
    header = (b"\x01" if order == "<" else b"\x00") + struct.pack(f"{order}I", code)
    header += b"" if spelling.srid is None else struct.pack(f"{order}I", spelling.srid)

    def count(items: Sized) -> bytes:
        return struct.pack(f"{order}I", len(items))

    def points(places: tuple[Place, ...]) -> bytes:
        return b"".join(struct.pack(f"{order}{2 + len(extra)}d", *place, *extra) for place in places)

    if tree.kind is WkbKind.POINT:
        return header + points(tree.lists[0] if tree.lists else ((float("nan"), float("nan")),))
    if tree.kind in (WkbKind.LINE, WkbKind.CIRCULAR_STRING):
        places = tree.lists[0] if tree.lists else ()
        return header + count(places) + points(places)
    if tree.kind in (WkbKind.POLYGON, WkbKind.TRIANGLE):
        return header + count(tree.lists) + b"".join(count(ring) + points(ring) for ring in tree.lists)
    inner = Spelling(spelling.dimensions, spelling.is_iso, part_order or order)
    return header + count(tree.parts) + b"".join(encode(part, inner, order) for part in tree.parts)


def spellings() -> st.SearchStrategy[Spelling]:
    """Return every way to write a geometry."""
    srids = st.none() | st.integers(0, 2**32 - 1)
    return st.builds(Spelling, st.sampled_from(sorted(_EXTRA)), st.booleans(), st.sampled_from("<>"), srids)


def square(x: float, y: float, size: float) -> tuple[Place, ...]:
    """Return the ring of a square from its lower left corner on."""
    return ((x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y))


def trees(kind: WkbKind, depth: int = 2) -> st.SearchStrategy[Tree]:
    """Return sound geometries of a kind near the origin, empty ones too, with parts of every kind that it may have."""
    if kind in _MEMBERS:
        members = [member for member in _MEMBERS[kind] if depth > 0 or member is not WkbKind.COLLECTION]
        parts = st.lists(st.sampled_from(members).flatmap(lambda member: trees(member, depth - 1)), max_size=3)
        return parts.map(lambda found: Tree(kind, parts=tuple(found)))
    return _SINGLE[kind]()


_CURVES = (WkbKind.LINE, WkbKind.CIRCULAR_STRING, WkbKind.COMPOUND_CURVE)
_MEMBERS = {
    WkbKind.MULTI_POINT: (WkbKind.POINT,),
    WkbKind.MULTI_LINE: (WkbKind.LINE,),
    WkbKind.MULTI_POLYGON: (WkbKind.POLYGON,),
    WkbKind.COLLECTION: tuple(WkbKind),
    WkbKind.MULTI_CURVE: _CURVES,
    WkbKind.MULTI_SURFACE: (WkbKind.POLYGON, WkbKind.CURVE_POLYGON),
    WkbKind.POLYHEDRAL_SURFACE: (WkbKind.POLYGON,),
    WkbKind.TIN: (WkbKind.TRIANGLE,),
}
_numbers = st.integers(-400, 400).map(lambda number: number / 4)
_places = st.tuples(_numbers, _numbers)


def _of_places(kind: WkbKind, places: st.SearchStrategy[list[Place]]) -> st.SearchStrategy[Tree]:
    return (places | st.just([])).map(lambda found: Tree(kind, (tuple(found),) if found else ()))


def _point() -> st.SearchStrategy[Tree]:
    return _of_places(WkbKind.POINT, _places.map(lambda place: [place]))


def _line() -> st.SearchStrategy[Tree]:
    return _of_places(WkbKind.LINE, st.lists(_places, min_size=2, max_size=5, unique=True))


def _circular_string() -> st.SearchStrategy[Tree]:
    arcs = st.integers(1, 3).flatmap(lambda count: st.lists(_places, min_size=2 * count + 1, max_size=2 * count + 1))
    circles = st.tuples(_places, _places).map(lambda pair: [*pair, pair[0]])
    return _of_places(WkbKind.CIRCULAR_STRING, arcs | circles)


@st.composite
def _compound_curve(draw: st.DrawFn) -> Tree:
    linked: list[Tree] = []
    for curve in draw(st.lists(_line() | _circular_string(), max_size=3)):
        if curve.lists:
            first = linked[-1].lists[0][-1] if linked else curve.lists[0][0]
            linked.append(Tree(curve.kind, ((first, *curve.lists[0][1:]),)))
    return Tree(WkbKind.COMPOUND_CURVE, parts=tuple(linked))


@st.composite
def _polygon(draw: st.DrawFn) -> Tree:
    x, y, size = draw(_numbers), draw(_numbers), draw(st.integers(8, 40))
    rings = (square(x, y, size), square(x + 1, y + 1, 2), square(x + 4, y + 4, 3))
    return Tree(WkbKind.POLYGON, rings[: draw(st.sampled_from([1, 2, 3, 0]))])


@st.composite
def _curve_polygon(draw: st.DrawFn) -> Tree:
    x, y, size = draw(_numbers), draw(_numbers), draw(st.integers(8, 40))
    west, east, middle = (x, y + size / 2), (x + size, y + size / 2), y + size / 2
    circle = Tree(WkbKind.CIRCULAR_STRING, ((west, east, west),))
    half = Tree(WkbKind.CIRCULAR_STRING, ((west, (x + size / 2, y + size), east),))
    closed_half = Tree(WkbKind.COMPOUND_CURVE, parts=(half, Tree(WkbKind.LINE, ((east, west),))))
    straight = Tree(WkbKind.LINE, (square(x, y, size),))
    hole = Tree(WkbKind.LINE, (square(x + size / 2, middle + 1, 1),))
    shell = draw(st.sampled_from([straight, circle, closed_half]))
    return Tree(WkbKind.CURVE_POLYGON, parts=(shell, hole)[: draw(st.sampled_from([1, 2, 0]))])


@st.composite
def _triangle(draw: st.DrawFn) -> Tree:
    x, y, size = draw(_numbers), draw(_numbers), draw(st.integers(1, 40))
    return Tree(WkbKind.TRIANGLE, (((x, y), (x + size, y), (x, y + size), (x, y)),))


_SINGLE: dict[WkbKind, Callable[[], st.SearchStrategy[Tree]]] = {
    WkbKind.POINT: _point,
    WkbKind.LINE: _line,
    WkbKind.POLYGON: _polygon,
    WkbKind.CIRCULAR_STRING: _circular_string,
    WkbKind.COMPOUND_CURVE: _compound_curve,
    WkbKind.CURVE_POLYGON: _curve_polygon,
    WkbKind.TRIANGLE: _triangle,
}
