"""Columns and geometries from lines of Esri JSON."""

import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points, Shapes
from oa_task.read.esri import read_esri
from oa_task.read.esri_lines import follow_lines
from oa_task.read.request import AllColumns, ReadRequest
from oa_task.runtime.failure import TaskFailure

Read = Callable[..., FeatureBatch]


def feature(geometry: Any, **attributes: Any) -> dict[str, Any]:
    return {"attributes": attributes, "geometry": geometry}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_features(
        *features: dict[str, Any], srs_of_answer: str = "EPSG:4326", bad_rows: BadRows | None = None, **conform: Any
    ) -> FeatureBatch:
        path = tmp_path / "esri.jsonl"
        lines = [{"srs": srs_of_answer, "fields": []}, *features, {"end": len(features)}]
        path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
        (batch,) = read_esri(ReadRequest(path, conform, AllColumns(), bad_rows or BadRows()))
        return batch

    return read_features


def shapes(batch: FeatureBatch) -> list[str]:
    assert isinstance(batch.geometry, Shapes)
    return [str(shape) for shape in batch.geometry.array]


def ring(west: float, south: float, size: float, *, is_hole: bool = False) -> list[list[float]]:
    east, north = west + size, south + size
    clockwise = [[west, south], [west, north], [east, north], [east, south], [west, south]]
    return clockwise[::-1] if is_hole else clockwise


def test_read_values_become_python_text(read: Read) -> None:
    point = {"x": 1, "y": 2}
    batch = read(
        feature(point, I=12, F=12.0, B=True, S="a\r\nb", N=None, D=1.5e-7),
        feature(point, I=None, F=0.1, B=False, S="", N=None, D=2),
    )
    assert batch.columns.row(0, named=True) == {
        "B": "True",
        "D": "1.5e-07",
        "F": "12.0",
        "I": "12",
        "N": "",
        "S": "a\nb",
    }
    assert batch.columns.row(1, named=True)["I"] == ""
    assert all(kind == pl.String for kind in batch.columns.schema.values())


def test_read_absent_attribute_is_empty_and_extra_attribute_a_column(read: Read) -> None:
    batch = read(feature({"x": 1, "y": 2}, A="x"), feature({"x": 1, "y": 2}, B=2**70))
    assert batch.columns.to_dict(as_series=False) == {"A": ["x", ""], "B": ["", str(float(2**70))]}
    assert batch.available == ("A", "B")


def test_read_missing_points_are_left_out_and_rows_keep_their_numbers(read: Read) -> None:
    batch = read(
        feature({"x": "NaN", "y": "NaN"}, A=0),
        feature({"x": 0, "y": 51.5}, A=1),
        feature({"x": 0, "y": 0}, A=2),
        feature(None, A=3),
        feature({"x": 10, "y": 50, "z": 3, "m": None}, A=4),
        feature({}, A=5),
    )
    assert isinstance(batch.geometry, Points)
    assert batch.geometry.x.tolist() == [0, 10]
    assert batch.columns["A"].to_list() == ["1", "4"]
    assert batch.rows is not None
    assert batch.rows.tolist() == [1, 4]


def test_read_without_geometry_uses_the_coordinate_columns_of_the_conform(read: Read) -> None:
    batch = read(
        feature(None, LAT="40.5", LON=-100),
        feature({"x": 1, "y": 2}, LAT=0, LON=0),
        feature(None, LAT="north", LON=3),
        lat="LAT",
        lon="LON",
    )
    assert isinstance(batch.geometry, Points)
    assert list(zip(batch.geometry.x, batch.geometry.y, strict=True)) == [(-100, 40.5), (1, 2)]


def test_read_srs_of_the_conform_is_not_applied_to_transformed_responses(read: Read) -> None:
    batch = read(feature({"x": 30, "y": 50}), srs="EPSG:4326")
    again = read(feature({"x": 30, "y": 50}), srs="EPSG:4326")
    assert isinstance(batch.geometry, Points)
    assert isinstance(again.geometry, Points)
    assert batch.geometry.x.tolist() == again.geometry.x.tolist() == [30]


def test_read_response_in_another_crs_is_transformed(read: Read) -> None:
    batch = read(feature({"x": -11131949.079, "y": 4865942.279}), srs_of_answer="EPSG:3857")
    assert isinstance(batch.geometry, Points)
    assert np.allclose([batch.geometry.x[0], batch.geometry.y[0]], [-100, 40], atol=1e-6)


@pytest.mark.parametrize(
    ("rings", "expected"),
    [
        ([ring(0, 0, 9)], "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0))"),
        ([ring(0, 0, 9)[:-1]], "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0))"),
        ([ring(0, 0, 9, is_hole=True)], "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0))"),
        (
            [ring(0, 0, 9), ring(20, 0, 9)],
            "MULTIPOLYGON (((0 0, 0 9, 9 9, 9 0, 0 0)), ((20 0, 20 9, 29 9, 29 0, 20 0)))",
        ),
        ([ring(0, 0, 9), [[1, 1], [2, 2], [1, 1]]], "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0))"),
        (
            [ring(1, 1, 2, is_hole=True), ring(0, 0, 9)],
            "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 3 1, 3 3, 1 3, 1 1))",
        ),
        (
            [ring(1, 1, 2), ring(0, 0, 9, is_hole=True)],
            "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 1 3, 3 3, 3 1, 1 1))",
        ),
        (
            [ring(0, 0, 9), ring(20, 0, 9), ring(1, 1, 2, is_hole=True)],
            "MULTIPOLYGON (((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 3 1, 3 3, 1 3, 1 1)), ((20 0, 20 9, 29 9, 29 0, 20 0)))",
        ),
        (
            [ring(0, 0, 9), ring(20, 0, 2, is_hole=True)],
            "MULTIPOLYGON (((0 0, 0 9, 9 9, 9 0, 0 0)), ((20 0, 22 0, 22 2, 20 2, 20 0)))",
        ),
        (
            [ring(0, 0, 20), ring(2, 2, 16, is_hole=True), ring(4, 4, 12), ring(6, 6, 2, is_hole=True)],
            (
                "MULTIPOLYGON (((0 0, 0 20, 20 20, 20 0, 0 0), (2 2, 18 2, 18 18, 2 18, 2 2)),"
                " ((4 4, 4 16, 16 16, 16 4, 4 4), (6 6, 8 6, 8 8, 6 8, 6 6)))"
            ),
        ),
    ],
    ids=[
        "one ring",
        "an open ring is closed",
        "one reversed ring",
        "two shells",
        "a ring without area is dropped",
        "a hole before its shell",
        "every ring reversed",
        "a hole of the first of two shells",
        "a hole outside every shell is a shell",
        "an island in a lake",
    ],
)
def test_read_rings_become_polygons(read: Read, rings: list[Any], expected: str) -> None:
    assert shapes(read(feature({"rings": rings}))) == [expected]


def test_read_paths_and_multipoints(read: Read) -> None:
    batch = read(
        feature({"paths": [[[0, 0, 5], [1, 1, 5]]]}),
        feature({"paths": [[[0, 0], [1, 1]], [[2, 2]], [[3, 3], [4, 4]]]}),
        feature({"points": [[1, 2]]}),
        feature({"points": [[1, 2], [3, 4]]}),
    )
    assert shapes(batch) == [
        "LINESTRING (0 0, 1 1)",
        "MULTILINESTRING ((0 0, 1 1), (3 3, 4 4))",
        "POINT (1 2)",
        "MULTIPOINT ((1 2), (3 4))",
    ]


def test_read_feature_with_unreadable_parts_is_a_bad_row(read: Read) -> None:
    bad_rows = BadRows()
    bad = [{"rings": [[[0, 0], ["NaN", 1], [1, 1], [0, 0]]]}, {"paths": "none"}, {"curveRings": [[[0, 0], {"x": 1}]]}]
    good = [feature({"rings": [ring(n, 0, 9)]}) for n in range(3)]
    batch = read(*good, *map(feature, bad), bad_rows=bad_rows)
    assert len(batch) == 3
    (report,) = bad_rows.report().values()
    assert report["count"] == 3
    assert [example["row"] for example in report["examples"]] == [4, 5, 6]
    assert bad_rows.left_out == {}


def test_read_feature_with_an_invalid_coordinate_is_left_out(read: Read) -> None:
    batch = read(
        feature({"rings": [ring(0, 0, 9)]}),
        feature({"rings": [[[0, 0], ["NaN", 1], [1, 1], [0, 0]]]}),
        feature({"rings": "none"}),
        feature({"rings": []}),
        feature({"rings": [[[0, 0], {"deep": []}, [1, 1], [0, 0]]]}),
        feature({"rings": [ring(20, 0, 9)]}),
    )
    assert batch.rows is not None
    assert batch.rows.tolist() == [0, 5]


@pytest.mark.parametrize(
    "curve",
    [{"c": [[1, 0], [0, 1]]}, {"a": [[1, 0], [0, 0], 1, 1]}, {"a": [[1, 0], [0, 0], 1, 1, 0, 1, 1]}],
    ids=["through a point", "around a center", "of an ellipse"],
)
def test_read_arcs_become_points_on_the_circle(read: Read, curve: dict[str, Any]) -> None:
    (shape,) = read(feature({"curveRings": [[[-1, 0], curve, [-1, 0]]]})).geometry.array  # type: ignore[union-attr]
    assert shape.area == pytest.approx(np.pi / 2, rel=0.01)
    assert np.allclose(np.hypot(*np.array(shape.exterior.coords)[:-1].T), 1)
    assert shape.bounds[3] == pytest.approx(1, abs=0.01)


def test_read_bezier_ends_at_its_end_point(read: Read) -> None:
    batch = read(feature({"curvePaths": [[[0, 0], {"b": [[3, 0], [1, 1], [2, 1]]}]]}))
    (shape,) = batch.geometry.array  # type: ignore[union-attr]
    assert shape.coords[-1] == (3, 0)
    assert shapely.length(shape) > 3


LEAF = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=3)
ANYTHING = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=9,
)
COORDINATE = st.lists(st.floats(-180, 180) | LEAF, min_size=1, max_size=4)
PARTS = st.lists(st.lists(COORDINATE | ANYTHING, max_size=6) | ANYTHING, max_size=4)
CURVE = st.dictionaries(st.sampled_from("abc"), st.lists(COORDINATE, max_size=7), max_size=1)
CURVED = st.lists(st.lists(COORDINATE | CURVE, max_size=5), max_size=3)
GEOMETRY = ANYTHING | st.fixed_dictionaries(
    {},
    optional={
        "x": st.floats(-180, 180) | LEAF,
        "y": st.floats(-90, 90) | LEAF,
        "rings": PARTS,
        "paths": PARTS,
        "points": st.lists(COORDINATE, max_size=4),
        "curveRings": CURVED,
        "curvePaths": CURVED,
    },
)


@given(st.lists(GEOMETRY, min_size=1, max_size=6))
@settings(max_examples=500, deadline=None)
def test_read_any_geometry_yields_finite_shapes_only(geometries: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "esri.jsonl"
        features = [feature(geometry, A=1) for geometry in geometries]
        lines = [orjson.dumps(line) for line in ({"srs": None}, *features, {"end": len(features)})]
        path.write_bytes(b"\n".join(lines) + b"\n")
        (batch,) = read_esri(ReadRequest(path, {}, AllColumns(), BadRows()))
    if isinstance(batch.geometry, Points):
        assert np.isfinite([batch.geometry.x, batch.geometry.y]).all()
    else:
        assert np.isfinite(shapely.get_coordinates(batch.geometry.array)).all()
    assert len(batch) == batch.columns.height


def test_follow_waits_for_lines_not_written_yet(tmp_path: Path) -> None:
    path = tmp_path / "esri.jsonl"
    path.touch()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            for piece in (b'{"srs":nu', b'll}\n{"attri', b'butes":{}}\n', b'{"end":1}\n'):
                time.sleep(0.05)
                file.write(piece)

    writer = threading.Thread(target=write)
    writer.start()
    assert list(follow_lines(path)) == [b'{"srs":null}', b'{"attributes":{}}']
    writer.join()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ('{"srs":null}\n{"attributes":{}}\n', ""),
        ('{"srs":null}\n{"attributes":{}}\n{"end":2}\n', "1 of 2"),
    ],
)
def test_follow_incomplete_file_is_truncated(tmp_path: Path, text: str, counts: str) -> None:
    path = tmp_path / "esri.jsonl"
    path.write_text(text)
    with pytest.raises(TaskFailure, match=rf"esri\.jsonl.*{counts}") as caught:
        list(follow_lines(path, silence_s=0.1))
    assert caught.value.code == "upstream.truncated"
