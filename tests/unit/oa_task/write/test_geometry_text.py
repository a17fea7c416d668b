import json
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping

from oa_task.features.batch import Shapes
from oa_task.write.geometry import output_geometry
from oa_task.write.geometry_text import geometry_text

KINDS = [
    None,
    "POINT (1 2)",
    "POINT Z (1 2 3)",
    "LINESTRING (1 2, 3 4.123456789)",
    "LINEARRING (0 0, 0 1, 1 1, 0 0)",
    "POLYGON ((0 0, 0 1, 1 1, 0 0), (0.1 0.1, 0.1 0.2, 0.2 0.2, 0.1 0.1))",
    "POLYGON Z ((0 0 1, 0 1 1, 1 1 1, 0 0 1))",
    "MULTIPOINT (1 1, 2 2)",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 0.00001))",
    "MULTIPOLYGON (((0 0, 0 1, 1 1, 0 0)), ((5 5, 5 6, 6 6, 5 5), (5.1 5.1, 5.1 5.2, 5.2 5.2, 5.1 5.1)))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4))",
    "MULTIPOLYGON EMPTY",
    "POLYGON EMPTY",
    "LINESTRING EMPTY",
]


def format_shapes(shapes: list[Any]) -> list[str]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return geometry_text(output_geometry(Shapes(array), "parcels")).to_list()


def expected_text(shape: Any) -> str:
    if shape is None or shape.is_empty:
        return "null"
    flat = shapely.transform(shape, lambda xy: np.array([[round(v, 7) for v in row] for row in xy.tolist()]))
    return json.dumps(mapping(shapely.orient_polygons(flat))).replace("LinearRing", "LineString")


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=12))
def test_geometry_text_any_mixture_equals_json_dumps(kinds: list[str | None]) -> None:
    shapes = [None if kind is None else shapely.from_wkt(kind) for kind in kinds]
    assert format_shapes(shapes) == [expected_text(shape) for shape in shapes]


@given(st.lists(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=2, max_size=5), min_size=1))
def test_geometry_text_any_line_equals_json_dumps(lines: list[list[tuple[float, float]]]) -> None:
    shapes = [shapely.LineString(line) for line in lines]
    assert format_shapes(shapes) == [expected_text(shape) for shape in shapes]


@pytest.mark.parametrize("bad", [shapely.Point(), shapely.LineString([(0, 0), (np.inf, 1)])])
def test_geometry_text_infinite_coordinates_are_null(bad: Any) -> None:
    assert format_shapes([bad, shapely.Point(1, 2)]) == ["null", '{"type": "Point", "coordinates": [1.0, 2.0]}']


def test_geometry_text_empty_part_is_an_empty_list() -> None:
    shape = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.Polygon()])
    assert json.loads(format_shapes([shape])[0]) == json.loads(expected_text(shape))
