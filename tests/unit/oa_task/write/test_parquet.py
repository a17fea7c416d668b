import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import shapely

from oa_task.features.batch import Attributes, Geometry, Points, Shapes
from oa_task.write import geoparquet
from oa_task.write.lines import output_batch
from oa_task.write.parquet import ParquetFile


def write_file(path: Path, geometry: Geometry, pid: list[str | None], *, encoded: bool = False, times: int = 1) -> None:
    frame = pl.DataFrame({"pid": pid}, schema={"pid": pl.String})
    batch = output_batch(Attributes(frame, frozenset({"pid"} if encoded else ())), geometry, "parcels")
    file = ParquetFile(path, ("pid",))
    for _ in range(times):
        file.write(batch)
    file.close()


def test_parquet_polygons_are_read_back_with_bounds_and_metadata(tmp_path: Path) -> None:
    shapes = np.array([shapely.box(1, 2, 3, 4), None, shapely.MultiPolygon([shapely.box(5, 5, 6, 6)])])
    write_file(tmp_path / "x.parquet", Shapes(shapes), ["a", "", None])
    table = pq.read_table(tmp_path / "x.parquet")
    assert table["pid"].to_pylist() == ["a", None, None]
    assert shapely.from_wkb(table["geometry"].to_pylist()).tolist() == shapes.tolist()
    assert table["bbox"].to_pylist()[:2] == [{"xmin": 1.0, "ymin": 2.0, "xmax": 3.0, "ymax": 4.0}, None]
    about = json.loads(pq.read_metadata(tmp_path / "x.parquet").metadata[b"geo"])
    assert about["version"] == "1.1.0"
    column = about["columns"][about["primary_column"]]
    assert column["geometry_types"] == ["MultiPolygon", "Polygon"]
    assert column["bbox"] == [1.0, 2.0, 6.0, 6.0]
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]


def test_parquet_points_are_read_back_and_missing_ones_are_null(tmp_path: Path) -> None:
    points = Points(np.array([1.5, np.nan, -3.0]), np.array([2.5, np.nan, 4.0]))
    write_file(tmp_path / "x.parquet", points, ["1", '"two"', None], encoded=True)
    table = pq.read_table(tmp_path / "x.parquet")
    assert table["pid"].to_pylist() == ["1", "two", None]
    found = shapely.from_wkb(table["geometry"].to_pylist()).tolist()
    assert found == [shapely.Point(1.5, 2.5), None, shapely.Point(-3, 4)]


def test_parquet_row_groups_are_independent_of_the_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoparquet, "GROUP_ROWS", 4)
    write_file(tmp_path / "x.parquet", Points(np.zeros(3), np.zeros(3)), ["a", "b", "c"], times=3)
    about = pq.ParquetFile(tmp_path / "x.parquet").metadata
    assert [about.row_group(place).num_rows for place in range(about.num_row_groups)] == [4, 4, 1]
    assert pq.read_table(tmp_path / "x.parquet")["pid"].to_pylist() == ["a", "b", "c"] * 3


def test_parquet_abandon_leaves_no_file(tmp_path: Path) -> None:
    ParquetFile(tmp_path / "x.parquet", ("pid",)).abandon()
    assert list(tmp_path.iterdir()) == []
