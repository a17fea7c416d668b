"""Rings turn as RFC 7946 says; hashes and comparisons are those of before."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping
from xxhash import xxh3_64_hexdigest

from oa_task.features.batch import Attributes, Shapes
from oa_task.write.changes import ChangesFile
from oa_task.write.geometry import output_geometry
from oa_task.write.lines import OutputBatch, output_batch
from oa_task.write.turned_lines import turn_rings
from support.products import Bucket, plan, read_lines, read_ogr, read_zip

_SQUARE = [(0.0, 0.0), (0.0, 8.0), (8.0, 8.0), (8.0, 0.0), (0.0, 0.0)]
_HOLE = [(1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (2.0, 1.0), (1.0, 1.0)]
_DEEP = shapely.GeometryCollection([shapely.MultiPolygon([shapely.Polygon(_SQUARE, [_HOLE])]), shapely.Point(1, 2)])


@st.composite
def _areas(draw: st.DrawFn) -> shapely.Polygon:
    """Draw a square of any size with up to two holes, each ring in any direction."""
    x, y, side = draw(st.floats(-170, 170)), draw(st.floats(-80, 80)), draw(st.sampled_from([2e-6, 1e-4, 0.5, 8.0]))
    holes = [_move(_HOLE, x, y, side / 8), _move([(a + 3, b) for a, b in _HOLE], x, y, side / 8)]
    rings = [_move(_SQUARE, x, y, side / 8), *holes[: draw(st.integers(0, 2))]]
    rings = [ring[:: draw(st.sampled_from([1, -1]))] for ring in rings]
    return shapely.Polygon(rings[0], rings[1:])


def _move(ring: list[tuple[float, float]], x: float, y: float, scale: float) -> list[tuple[float, float]]:
    return [(x + a * scale, y + b * scale) for a, b in ring]


_SHAPES = st.one_of(
    _areas(),
    st.lists(_areas(), min_size=1, max_size=3).map(shapely.MultiPolygon),
    st.sampled_from(
        [None, shapely.Point(1, 2), shapely.Polygon(), shapely.LineString(_SQUARE), shapely.LinearRing(_SQUARE), _DEEP]
    ),
    st.tuples(_areas(), st.just(shapely.Polygon())).map(shapely.MultiPolygon),
)


def _array(shapes: list[Any]) -> np.ndarray:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _batch(shapes: list[Any]) -> OutputBatch:
    names = pl.DataFrame({"pid": [str(number) for number in range(len(shapes))]})
    return output_batch(Attributes(names), Shapes(_array(shapes)), "parcels")


def _before(shapes: list[Any]) -> list[str]:
    """Return the lines that the engine wrote before it turned rings: its text of the rounded geometry."""
    lines = []
    for number, shape in enumerate(shapes):
        is_null = shape is None or shape.is_empty
        geometry = "null" if is_null else json.dumps(mapping(_round(shape))).replace("LinearRing", "LineString")
        tail = f'"pid": "{number}"}}, "geometry": {geometry}}}'
        lines.append(f'{{"type": "Feature", "properties": {{"hash": "{xxh3_64_hexdigest(tail.encode())}", {tail}')
    return lines


def _round(shape: Any) -> Any:
    return shapely.transform(
        shape, lambda pairs: np.array([round(value, 7) for value in pairs.ravel().tolist()]).reshape(-1, 2)
    )


def _is_wound(shape: Any) -> bool:
    """Return whether the rings of all areas turn as RFC 7946 says, by GEOS."""
    if hasattr(shape, "geoms"):
        return all(map(_is_wound, shape.geoms))
    if not isinstance(shape, shapely.Polygon) or shape.is_empty:
        return True
    return shape.exterior.is_ccw and not any(hole.is_ccw for hole in shape.interiors)


@given(st.lists(_SHAPES, min_size=1, max_size=6))
def test_output_batch_any_rings_are_wound_and_hashes_are_those_of_before(shapes: list[Any]) -> None:
    batch = _batch(shapes)
    assert isinstance(batch.geometry, Shapes)
    assert all(shape is None or _is_wound(shape) for shape in batch.geometry.array)
    before = _before(shapes)
    assert batch.hashes.to_list() == [json.loads(line)["properties"]["hash"] for line in before]
    for line, shape, old in zip(batch.lines.to_list(), batch.geometry.array, before, strict=True):
        written = json.loads(line)["geometry"]
        if shape is None:
            assert written is None
        else:
            assert _is_wound(shapely.from_geojson(json.dumps(written)))
            assert shapely.equals_exact(shapely.normalize(shapely.from_geojson(json.dumps(written))), _normal(old))


def _normal(line: str) -> Any:
    return shapely.normalize(shapely.from_geojson(json.dumps(json.loads(line)["geometry"])))


def test_output_geometry_wound_rings_stay_as_they_are() -> None:
    area = shapely.Polygon(_SQUARE[::-1], [_HOLE])
    output = output_geometry(Shapes(_array([area, None])), "parcels")
    assert isinstance(output, Shapes)
    assert output.mirror is None
    assert shapely.to_wkt(output.array[0]) == shapely.to_wkt(area)


def test_output_geometry_turned_ring_keeps_its_first_vertex() -> None:
    output = output_geometry(Shapes(_array([shapely.Polygon(_SQUARE)])), "parcels")
    assert isinstance(output, Shapes)
    assert list(output.array[0].exterior.coords) == _SQUARE[::-1]


@pytest.mark.parametrize("ring", [[(1, 1), (1, 1), (1, 1), (1, 1)], [(0, 0), (5, 5), (0, 0), (0, 0)]])
def test_output_geometry_ring_without_an_area_stays(ring: list[tuple[float, float]]) -> None:
    output = output_geometry(Shapes(_array([shapely.Polygon(ring)])), "parcels")
    assert isinstance(output, Shapes)
    assert output.mirror is None


def _write(path: Path, lines: list[str]) -> Path:
    path.write_bytes(gzip.compress("".join(line + "\n" for line in lines).encode()))
    return path


_MIXED = [shapely.Polygon(_SQUARE, [_HOLE]), shapely.Polygon(_SQUARE[::-1]), shapely.box(3, 4, 5, 6), _DEEP, None]


def test_changes_data_published_before_is_unchanged(tmp_path: Path) -> None:
    previous = _write(tmp_path / "previous.gz", _before(_MIXED))
    changes = ChangesFile(tmp_path / "changes.gz", previous, tmp_path)
    changes.write(_batch(_MIXED))
    changes.close()
    assert changes.counts.by_kind() == {"added": 0, "removed": 0, "changed": 0, "unchanged": len(_MIXED)}


def test_turn_rings_published_lines_become_those_of_this_version(tmp_path: Path) -> None:
    others = ['{"type": "Feature", "geometry": null, "properties": {"a": "\\"geometry\\": {}"}}', "[]"]
    path = _write(tmp_path / "lines.gz", [*_before(_MIXED), *others])
    expected = "".join(_batch(_MIXED).lines.to_list()) + "".join(line + "\n" for line in others)
    assert b"".join(turn_rings(path)).decode() == expected


@pytest.mark.parametrize("format_", ["geojson", "parquet", "gpkg", "flatgeobuf", "csv"])
async def test_products_of_data_published_before_are_wound(tmp_path: Path, format_: str) -> None:
    bucket = Bucket(tmp_path / "bucket")
    rows = [{"pid": str(number), "at": shape} for number, shape in enumerate(_MIXED)]
    dataset = bucket.publish("us/ca/x", rows, layer="parcels")
    _age(bucket, dataset)
    await bucket.build(plan("export", [dataset], formats=[format_]), tmp_path / "out")
    (path,) = (tmp_path / "out").glob("export.*")
    shapes = _shapes_of(path)
    assert len(shapes) >= len(_MIXED) - 1
    assert all(map(_is_wound, shapes))


async def test_collection_of_data_published_before_is_wound(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "bucket")
    rows = [{"pid": str(number), "at": shape} for number, shape in enumerate(_MIXED)]
    dataset = bucket.publish("us/ca/x", rows, layer="parcels")
    _age(bucket, dataset)
    await bucket.build(plan("collection", [dataset], formats=["geojson", "parquet"]), tmp_path / "out")
    archive = read_zip(tmp_path / "out" / "collection.geojson.zip")
    lines = archive["us/ca/x-parcels-city.geojson"].decode().splitlines()
    assert [line + "\n" for line in lines] == _batch(_MIXED).lines.to_list()


def _age(bucket: Bucket, dataset: dict[str, Any]) -> None:
    """Replace the files of a dataset by those of an earlier version of the engine."""
    path = bucket.folder / dataset["key"]
    table = pq.read_table(path)
    bodies = [None if shape is None else shapely.to_wkb(shape) for shape in _MIXED]
    place = table.schema.get_field_index("geometry")
    table = table.set_column(place, table.schema.field(place), pa.array(bodies, pa.binary()))
    about = json.loads(pq.read_metadata(path).metadata[b"geo"])
    del about["columns"]["geometry"]["orientation"]
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(about)}), path)
    _write(bucket.folder / dataset["geojson_key"], _before(_MIXED))
    dataset.update(Bucket.facts(path, bucket.folder / dataset["geojson_key"]))


def _shapes_of(path: Path) -> list[Any]:
    if path.name.endswith(".geojson.gz"):
        geometries = [line["geometry"] for line in read_lines(path)]
        return [shapely.from_geojson(json.dumps(geometry)) for geometry in geometries if geometry]
    if path.suffix == ".parquet":
        about = json.loads(pq.read_metadata(path).metadata[b"geo"])
        assert about["columns"]["geometry"]["orientation"] == "counterclockwise"
        return [shapely.from_wkb(body) for body in pq.read_table(path)["geometry"].to_pylist() if body]
    if path.name.endswith(".csv.gz"):
        frame = pl.read_csv(gzip.decompress(path.read_bytes()))
        return [shapely.from_wkt(text) for text in frame["WKT"].drop_nulls().to_list()]
    return [shapely.from_wkt(text) for text in read_ogr(path)["shapes"] if text]
