"""Geometries of every OGC type from WKB: straight, in two dimensions, and none lost."""

import math
import struct
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.read import wkb
from oa_task.read.wkb_geometry import WkbKind
from support.wkb_writer import Spelling, Tree, encode, spellings, square, trees

_STRAIGHT_KINDS = range(8)
# pyogrio straightens no surface in space, and no curve in a collection.
_SURFACES = {WkbKind.POLYHEDRAL_SURFACE, WkbKind.TIN, WkbKind.TRIANGLE}
_STRAIGHT_MEMBERS = {kind for kind in WkbKind if kind <= WkbKind.COLLECTION}
_ORACLE_KINDS = sorted(set(WkbKind) - _SURFACES)
_LINEAR_RING_OF_TWO = ((0.0, 0.0), (4.0, 2.0))


def read(*bodies: bytes | None) -> tuple[list[shapely.Geometry | None], dict[int, str]]:
    found, unusable = wkb.shapes(pa.array(bodies, type=pa.binary()))
    return list(shapely.force_2d(found)), unusable


@pytest.mark.parametrize("kind", list(WkbKind))
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_shapes_every_type_and_spelling_is_straight_and_not_lost(kind: WkbKind, data: st.DataObject) -> None:
    tree = data.draw(trees(kind))
    body = encode(tree, data.draw(spellings()), data.draw(st.sampled_from("<>")))
    (shape,), unusable = read(body)
    assert unusable == {}
    assert shape is not None
    assert shapely.get_type_id(shape) in _STRAIGHT_KINDS
    assert not shape.has_z
    assert shape.is_empty == (not list(tree.places()))


@pytest.mark.parametrize("kind", list(WkbKind))
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_shapes_every_spelling_is_the_same_shape(kind: WkbKind, data: st.DataObject) -> None:
    tree = data.draw(trees(kind))
    spelling = data.draw(spellings())
    # Overlapping polygons with heights become the ground that they cover.
    plain = encode(tree, Spelling("Z" if "Z" in spelling.dimensions else ""))
    (expected, found), _ = read(plain, encode(tree, spelling, data.draw(st.sampled_from("<>"))))
    assert shapely.equals_exact(shapely.normalize(expected), shapely.normalize(found))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.sampled_from(_ORACLE_KINDS).flatmap(trees), min_size=1, max_size=30))
def test_shapes_are_those_of_gdal(tmp_path: Path, drawn: list[Tree]) -> None:
    known = [tree for tree in drawn if tree.kind is not WkbKind.COLLECTION or tree.kinds() <= _STRAIGHT_MEMBERS]
    bodies = [encode(tree, Spelling()) for tree in known]
    found, unusable = read(*bodies)
    assert unusable == {}
    for ours, straight, tree in zip(found, _read_with_gdal(tmp_path, bodies), known, strict=True):
        if list(tree.places()):
            theirs = _from_wkb(straight)
            assert shapely.get_coordinates(ours) == pytest.approx(shapely.get_coordinates(theirs), abs=1e-6), tree
            assert ours is not None
            assert ours.area == pytest.approx(theirs.area, abs=1e-6), tree
            assert ours.length == pytest.approx(theirs.length, abs=1e-6), tree


def _from_wkb(body: bytes) -> shapely.Geometry:
    with np.errstate(invalid="ignore"):  # the NaN of an empty point
        return shapely.from_wkb(body)


def _read_with_gdal(folder: Path, bodies: list[bytes]) -> list[bytes]:
    path = folder / "oracle.gpkg"
    path.unlink(missing_ok=True)
    pyogrio.raw.write(
        path,
        np.array(bodies, dtype=object),
        [np.arange(len(bodies))],
        ["n"],
        geometry_type="Unknown",
        crs="EPSG:25832",
    )
    return list(pyogrio.raw.read(path)[2]) if bodies else []


@pytest.mark.parametrize(
    ("middle", "end"),
    [((1.0, 1.0), (2.0, 0.0)), ((2.0, 0.0), (0.0, 0.0)), ((1.0, -1.0), (2.0, 0.0)), ((1.0, 1e-9), (2.0, 0.0))],
    ids=["half", "circle", "half downward", "nearly straight"],
)
def test_shapes_arc_stays_at_its_radius(middle: tuple[float, float], end: tuple[float, float]) -> None:
    (arc,), _ = read(encode(Tree(WkbKind.CIRCULAR_STRING, (((0.0, 0.0), middle, end),)), Spelling()))
    assert arc is not None
    coordinates = shapely.get_coordinates(arc)
    assert coordinates[0].tolist() == [0, 0]
    assert coordinates[-1].tolist() == list(end)
    radius = np.hypot(coordinates[:, 0] - 1, coordinates[:, 1])
    assert radius == pytest.approx(1) if abs(middle[1]) != 1e-9 else shapely.distance(arc, shapely.Point(1, 0)) < 1e-8
    assert shapely.distance(arc, shapely.Point(middle)) < 1e-3


@pytest.mark.parametrize(
    "places", [((1.0, 1.0),) * 3, ((0.0, 0.0), (0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 1.0), (3.0, 3.0))]
)
def test_shapes_arc_of_places_on_a_line_is_that_line(places: tuple[tuple[float, float], ...]) -> None:
    (arc,), unusable = read(encode(Tree(WkbKind.CIRCULAR_STRING, (places,)), Spelling()))
    assert shapely.get_coordinates(arc).tolist() == [list(place) for place in places]
    assert unusable == {}


def test_shapes_surface_is_the_ground_that_it_covers() -> None:
    roof = Tree(WkbKind.POLYGON, (square(0, 0, 10),))
    wall = Tree(WkbKind.POLYGON, (((0.0, 0.0), (10.0, 0.0), (10.0, 0.0), (0.0, 0.0)),))
    annex = Tree(WkbKind.POLYGON, (square(10, 0, 5),))
    for kind, parts, area in (
        (WkbKind.POLYHEDRAL_SURFACE, (roof, wall, roof, annex), 125),
        (WkbKind.MULTI_POLYGON, (roof, wall, roof), 100),
        (WkbKind.MULTI_POLYGON, (roof, annex), 125),
    ):
        (shape,), unusable = read(encode(Tree(kind, parts=parts), Spelling("Z")))
        assert unusable == {}
        assert shape is not None
        assert shape.is_valid
        assert shape.area == area


def test_shapes_crossing_outline_in_space_stays_as_it_is() -> None:
    bow = Tree(WkbKind.POLYGON, (((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)),))
    box = Tree(WkbKind.POLYGON, (square(5, 5, 1),))
    (shape,), _ = read(encode(Tree(WkbKind.MULTI_POLYGON, parts=(bow, box)), Spelling("Z")))
    assert shape is not None
    assert not shape.is_valid
    assert len(shapely.get_coordinates(shape)) == 10


def test_shapes_surface_of_walls_is_unusable() -> None:
    wall = Tree(WkbKind.POLYGON, (((0.0, 0.0), (8.0, 0.0), (8.0, 0.0), (0.0, 0.0)),))
    (shape,), unusable = read(encode(Tree(WkbKind.POLYHEDRAL_SURFACE, parts=(wall, wall)), Spelling("Z")))
    assert shape == shapely.Point(4, 0)
    assert "all of its faces are walls" in unusable[0]


def _collection(count: int, *parts: bytes, kind: int = 7) -> bytes:
    return b"\x01" + struct.pack("<II", kind, count) + b"".join(parts)


_POINT = encode(Tree(WkbKind.POINT, (((1.0, 2.0),),)), Spelling())
_MALFORMED = {
    "no bytes after the order": (b"\x01", "bytes are missing"),
    "a count beyond the end": (_collection(2**32 - 1, kind=2), "bytes are missing"),
    "a collection beyond the end": (_collection(2, _POINT), "bytes are missing"),
    "an arc of two points": (_collection(2, bytes(32), kind=8), "a circular string of 2 points"),
    "an arc of four points": (_collection(4, bytes(64), kind=8), "a circular string of 4 points"),
    "an abstract curve": (_collection(0, kind=13), "unknown geometry type 13"),
    "an unknown type": (_collection(0, kind=99), "unknown geometry type 99"),
    "unknown thousands": (_collection(0, kind=4001), "unknown geometry type 4001"),
    "an unknown byte order": (b"\x07" + _POINT[1:], "unknown byte order 7"),
    "a point among lines": (_collection(1, _POINT, kind=5), "a multi_line with a part of type point"),
    "deep nesting of collections": (_collection(1) * 100_000 + _POINT, "nested deeper than 32 levels"),
    "deep nesting of multipolygons": (_collection(1, kind=6) * 100_000 + _POINT, "a multi_polygon with a part of type"),
    "deep nesting of compound curves": (_collection(1, kind=9) * 100_000 + _POINT, "nested deeper than 32 levels"),
}


@pytest.mark.parametrize("name", list(_MALFORMED))
def test_shapes_malformed_geometry_is_unusable_and_the_others_are_there(name: str) -> None:
    body, reason = _MALFORMED[name]
    line = encode(Tree(WkbKind.LINE, (((0.0, 0.0), (1.0, 1.0)),)), Spelling())
    started_at = time.monotonic()
    (shape, other, missing), unusable = read(body, line, None)
    assert shape is None
    assert reason in unusable[0]
    assert list(unusable) == [0]
    assert other == shapely.LineString([(0, 0), (1, 1)])
    assert missing is None
    assert time.monotonic() - started_at < 5


def test_shapes_ring_of_two_points_becomes_the_center_of_its_bounds() -> None:
    ring = encode(Tree(WkbKind.POLYGON, (_LINEAR_RING_OF_TWO,)), Spelling())
    line = encode(Tree(WkbKind.LINE, (_LINEAR_RING_OF_TWO,)), Spelling())
    (center, other), unusable = read(ring, line)
    assert center == shapely.Point(2, 1)
    assert other == shapely.LineString(_LINEAR_RING_OF_TWO)
    assert unusable == {0: "a ring of fewer than three points"}


def test_shapes_open_ring_is_closed() -> None:
    (shape,), unusable = read(encode(Tree(WkbKind.POLYGON, (square(0, 0, 2)[:4],)), Spelling()))
    assert shape == shapely.Polygon(square(0, 0, 2))
    assert unusable == {}


def test_shapes_large_multipolygon_is_read_whole() -> None:
    parts = tuple(Tree(WkbKind.POLYGON, (square(3 * n, 0, 2),)) for n in range(1000))
    (shape,), unusable = read(encode(Tree(WkbKind.MULTI_POLYGON, parts=parts), Spelling()))
    assert unusable == {}
    assert shape is not None
    assert shape.area == 4000


@pytest.mark.parametrize("kind", [WkbKind.POLYGON, WkbKind.TRIANGLE])
def test_shapes_ring_with_a_coordinate_that_is_no_number_is_unusable(kind: WkbKind) -> None:
    """The ring starts at a place without a number, so GEOS calls it open."""
    places = ((math.nan, 0.0), (1.0, 0.0), (0.0, 1.0), (math.nan, 0.0))
    body = struct.pack("<BIII8d", 1, kind, 1, len(places), *(number for place in places for number in place))
    (shape,), unusable = read(body)
    assert shape is None
    assert list(unusable) == [0]
