"""Shapes of TopoJSON as lines, rings and points between -180 and 180 degrees."""

import importlib.util
import itertools
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

PROGRAM = Path(__file__).parents[4] / "services/api/web/topology.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_topology", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


topology = _load()
# Two squares side by side with one arc between them, around the antimeridian: 170 to 180, and 180 to -170.
_NEIGHBORS: dict[str, Any] = {
    "type": "Topology",
    "transform": {"scale": [1, 1], "translate": [0, 0]},
    "arcs": [
        [[180, 0], [0, 10]],
        [[180, 10], [-10, 0], [0, -10], [10, 0]],
        [[180, 10], [-350, 0], [0, -10], [350, 0]],
    ],
    "objects": {
        "places": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": "w", "properties": {"name": "West"}, "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "id": 7, "properties": {"name": "East"}, "arcs": [[[0, 2]]]},
                {"type": None, "properties": {"name": "Nowhere"}},
            ],
        },
        "land": {"type": "MultiPolygon", "arcs": [[[1, -3]]]},
    },
}


@pytest.fixture
def neighbors(tmp_path: Path) -> Any:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(_NEIGHBORS))
    return topology.read_topology(path)


def _shape(parts: list[list[list[tuple[float, float]]]]) -> shapely.Geometry:
    return shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in parts])


def test_read_topology_shapes_without_area_are_left_out(neighbors: Any) -> None:
    assert [(shape.id, shape.name) for shape in neighbors.shapes["places"]] == [("w", "West"), ("7", "East")]
    assert neighbors.owners("places") == [{0, 1}, {0}, {1}]


def test_polygon_across_the_antimeridian_is_cut_there(neighbors: Any) -> None:
    (land,) = neighbors.shapes["land"]
    parts = list(topology.cut_polygon(neighbors.rings(land.polygons[0])))
    assert len(parts) == 2
    assert _shape(parts).equals(shapely.union(shapely.box(170, 0, 180, 10), shapely.box(-180, 0, -170, 10)))


def test_polygon_around_the_pole_reaches_the_pole() -> None:
    ring = [(float(x), -70.0) for x in (-180, -120, -60, 0, 60, 120)]
    around = topology._unroll([*ring, ring[0]])
    assert _shape(list(topology.cut_polygon([around]))).bounds == (-180, -90, 180, -70)


@given(
    middle=st.tuples(st.floats(-180, 180), st.floats(-60, 60)),
    radius=st.floats(0.5, 20),
    hole=st.floats(0.1, 0.9),
)
def test_cut_polygon_keeps_the_area_and_stays_on_the_map(
    middle: tuple[float, float], radius: float, hole: float
) -> None:
    """A disc with a hole anywhere, its longitudes as a file has them: between -180 and 180."""
    disc = shapely.Point(middle).buffer(radius)
    whole = shapely.difference(disc, shapely.Point(middle).buffer(radius * hole))
    rings = [whole.exterior, *whole.interiors]
    filed = [[((x + 180) % 360 - 180, y) for x, y in ring.coords] for ring in rings]
    parts = list(topology.cut_polygon([topology._unroll(ring) for ring in filed]))
    found = _shape(parts)
    assert found.area == pytest.approx(whole.area, rel=1e-6)
    assert found.bounds[0] >= -180
    assert found.bounds[2] <= 180


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-80, 80)), min_size=2, max_size=12))
def test_cut_line_never_crosses_the_map(line: list[tuple[float, float]]) -> None:
    for part in topology.cut_line(line):
        assert len(part) > 1
        assert all(abs(end[0] - start[0]) <= 180.001 for start, end in itertools.pairwise(part))


def test_cut_line_along_the_antimeridian_is_no_border() -> None:
    assert list(topology.cut_line([(170, 1), (180, 1), (180, 5), (170, 5)])) == [
        [(170, 1), (180, 1)],
        [(180, 5), (170, 5)],
    ]


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=3, max_size=9))
def test_label_is_inside_any_convex_ring(corners: list[tuple[float, float]]) -> None:
    hull = shapely.convex_hull(shapely.MultiPoint(corners))
    assume(hull.geom_type == "Polygon" and hull.area > 1e-3)
    point, width = topology.place_label(list(hull.exterior.coords))
    assert hull.buffer(1e-6).contains(shapely.Point(point))
    assert width > 0


def test_label_of_a_horseshoe_is_on_one_of_its_arms() -> None:
    horseshoe = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (7.0, 10.0), (7.0, 1.0), (3.0, 1.0), (3.0, 10.0), (0.0, 10.0)]
    (x, y), width = topology.place_label([*horseshoe, horseshoe[0]])
    assert shapely.Polygon(horseshoe).contains(shapely.Point(x, y))
    assert width == 3
