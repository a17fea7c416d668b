"""Formats read through GDAL: fields as text, points, encodings, axis order, drivers."""

import datetime as dt
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.features.batch import Shapes
from oa_task.read import wkb
from oa_task.read.arrow_text import text_column
from oa_task.read.crs import projection
from support.readers import read_files


def write(path: Path, *shapes: str, crs: str = "EPSG:4326", encoding: str | None = None, **fields: Any) -> Path:
    columns = [np.array(values, dtype=object if isinstance(values[0], str) else None) for values in fields.values()]
    bodies = shapely.to_wkb(shapely.from_wkt(shapes), output_dimension=3)
    kind = shapely.from_wkt(shapes[0]).geom_type + (" Z" if "Z" in shapes[0] else "")
    pyogrio.raw.write(
        path,
        bodies,
        columns,
        list(fields),
        geometry_type=kind,
        crs=crs,
        **({"encoding": encoding} if encoding else {}),
        **({"driver": "OpenFileGDB"} if path.suffix == ".gdb" else {}),
    )
    return path


@settings(deadline=None)
@given(values=st.lists(st.none() | st.floats(), min_size=1))
def test_text_column_any_float_is_its_python_text_but_long_whole_numbers(values: list[float | None]) -> None:
    column = text_column(pa.array(values, type=pa.float64()))
    for text, value in zip(column.to_list(), values, strict=True):
        if value is not None and 1e16 <= abs(value) < 1e21:
            assert text.lstrip("-").isdigit()
            assert float(text) == value
        else:
            assert text == ("" if value is None else str(value))


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array([1, None, -(2**63)]), ["1", "", "-9223372036854775808"]),
        (pa.array([0.1], type=pa.float32()), ["0.10000000149011612"]),
        (pa.array([True, False, None]), ["True", "False", ""]),
        (pa.array([dt.date(2024, 3, 5), None]), ["2024/03/05", ""]),
        (pa.array([dt.datetime(2024, 3, 5, 14, 7, 3)]), ["2024/03/05 14:07:03+00"]),  # noqa: DTZ001 - as GDAL returns it
        (pa.array([dt.datetime(2024, 3, 5, 14, 7, 3, tzinfo=dt.UTC)]), ["2024/03/05 14:07:03+00"]),
        (pa.array([[1, 2], None]), ["[1, 2]", ""]),
        (pa.array([b"\x01\xff"]), ["01FF"]),
        (pa.array(["a\r\nb\rc", None]), ["a\nb\nc", ""]),
    ],
)
def test_text_column_each_type_is_the_text_that_rules_read(array: pa.Array, texts: list[str]) -> None:
    assert text_column(array).to_list() == texts


def test_text_column_integers_are_real_formats_floats_and_keeps_all_digits() -> None:
    integers = [12345678901, -7, 1234567890123456789, -(2**63), 9999999999999999, 10**16]
    assert text_column(pa.array([*integers, None]), integers_are_real=True).to_list() == [
        "12345678901.0",
        "-7.0",
        "1234567890123456789",
        "-9223372036854775808",
        "9999999999999999.0",
        "10000000000000000",
        "",
    ]


@pytest.mark.parametrize("shape", ["POINT (1 2)", "POINT Z (1 2 3)", "POINT M (1 2 3)", "POINT ZM (1 2 3 4)"])
@pytest.mark.parametrize("flavor", ["iso", "extended"])
def test_points_any_dimension_returns_x_and_y(shape: str, flavor: str) -> None:
    body = shapely.to_wkb(shapely.from_wkt(shape), output_dimension=4, flavor=flavor)
    found = wkb.points(pa.array([None, body, body], type=pa.binary()).slice(1))
    assert found is not None
    assert [list(ordinates) for ordinates in found] == [[1, 1], [2, 2]]


def test_points_missing_or_empty_point_is_nan() -> None:
    bodies = [shapely.to_wkb(shapely.from_wkt(text)) for text in ("POINT (1 2)", "POINT EMPTY")]
    found = wkb.points(pa.array([bodies[0], None, bodies[1]], type=pa.binary()))
    assert found is not None
    assert str(found[0].tolist()) == "[1.0, nan, nan]"


def test_points_with_another_geometry_returns_none() -> None:
    bodies = [shapely.to_wkb(shapely.from_wkt(text)) for text in ("POINT (1 2)", "LINESTRING (0 0, 1 1)")]
    assert wkb.points(pa.array(bodies)) is None


@pytest.mark.parametrize("suffix", [".shp", ".gpkg"])
def test_layer_of_points_yields_points_and_text(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", "POINT Z (1 2 3)", "POINT Z (4 5 6)", NO=["1", "é"], size=[1.5, 2.0])
    kind = {".shp": "shapefile", ".gpkg": "gpkg"}[suffix]
    found = read_files([path], {"format": kind})
    assert found.points == [(1, 2), (4, 5)]
    assert found.column("NO") == ["1", "é"]
    assert found.column("size") == ["1.5", "2.0"]


def test_layer_of_polygons_yields_shapes_in_degrees(tmp_path: Path) -> None:
    square = "POLYGON ((390000 5820000, 390000 5821000, 391000 5821000, 390000 5820000))"
    path = write(tmp_path / "a.gpkg", square, crs="EPSG:25833", NO=["1"])
    (shape,) = read_files([path], {"format": "gpkg"}).shapes
    assert shape.bounds == pytest.approx((13.378, 52.519, 13.393, 52.528), abs=2e-3)


@pytest.mark.parametrize(("actual", "declared"), [("CP949", "EUCKR"), ("CP949", "CP949"), ("CP932", "SHIFT_JISX0213")])
def test_shapefile_without_cpg_has_the_declared_encoding(tmp_path: Path, actual: str, declared: str) -> None:
    street = {"CP949": "서울", "CP932": "東京"}[actual]
    path = write(tmp_path / "a.shp", "POINT (1 2)", encoding=actual, ST=[street])
    path.with_suffix(".cpg").unlink()
    assert read_files([path], {"format": "shapefile", "encoding": declared}).column("ST") == [street]


def test_shapefile_with_cpg_has_the_encoding_of_the_cpg(tmp_path: Path) -> None:
    path = write(tmp_path / "a.shp", "POINT (1 2)", encoding="UTF-8", ST=["Élan"])
    assert read_files([path], {"format": "shapefile", "file": "a.shp"}).column("ST") == ["Élan"]


def test_layer_is_selected_by_name_or_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", "POINT (1 2)", NO=["1"])
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapely.from_wkt(["POINT (3 4)"])),
        [np.array(["2"], dtype=object)],
        ["NO"],
        layer="b",
        append=True,
        geometry_type="Point",
        crs="EPSG:4326",
    )
    for layer in ("b", 1, "1"):
        assert read_files([path], {"format": "gpkg", "layer": layer}).column("NO") == ["2"]


@pytest.mark.parametrize(
    ("code", "successor"), [("EPSG:26591", "EPSG:3003"), ("EPSG:3359", "EPSG:3404"), ("EPSG:2192", "EPSG:2154")]
)
def test_projection_of_a_deprecated_code_equals_its_successor(code: str, successor: str) -> None:
    x, y = np.array([1_600_000.0]), np.array([4_800_000.0])
    assert projection(code).lon_lat(x, y) == projection(successor).lon_lat(x, y)


def test_projection_has_x_first_unless_authority_axes() -> None:
    x, y = np.array([500_000.0]), np.array([600_000.0])
    by_authority = projection("EPSG:2180", authority_axes=True).lon_lat(y, x)
    assert by_authority == projection("EPSG:2180").lon_lat(x, y)


def test_gdal_has_only_the_drivers_of_the_formats() -> None:
    program = "import oa_task.read.source, pyogrio; print(sorted(pyogrio.list_drivers()))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['ESRI Shapefile', 'GML', 'GPKG', 'LIBKML', 'MEM', 'MapInfo File', 'OpenFileGDB']"


def test_limit_truncates_shapes(tmp_path: Path) -> None:
    line = write(tmp_path / "a.gpkg", *["LINESTRING (0 0, 1 1)"] * 3, NO=["1", "2", "3"])
    (batch,) = read_files([line], {"format": "gpkg"}, limit=2).batches
    assert isinstance(batch.geometry, Shapes)
    assert len(batch) == 2


def set_text(path: Path, statement: str) -> None:
    """Run a statement without the triggers of the spatial index, which need functions of GDAL."""
    with closing(sqlite3.connect(path)) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize("encoding", [None, "ISO-8859-1"])
def test_text_that_is_not_utf8_costs_one_row_or_is_in_the_declared_encoding(
    tmp_path: Path, encoding: str | None
) -> None:
    path = write(tmp_path / "a.gpkg", *["POINT (1 2)"] * 40, NO=["1"] * 40, ST=["Añasco"] * 40)
    set_text(path, "UPDATE a SET ST = CAST(X'41F161' AS TEXT) WHERE fid = 17")
    conform = {"format": "gpkg", **({"encoding": encoding} if encoding else {})}
    found = read_files([path], conform)
    expected = "Aña" if encoding else ""
    assert found.column("ST") == [expected if number == 16 else "Añasco" for number in range(40)]
    reasons = {
        name: (reason["count"], reason["examples"][0]["row"]) for name, reason in found.bad_rows.report().items()
    }
    assert reasons == ({} if encoding else {"text that is not utf-8 in column 'ST'": (1, 17)})


def test_text_that_is_not_utf8_in_a_column_that_no_rule_reads_costs_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", "POINT (1 2)", NO=["1"], ST=["a"], OTHER=["b"])
    set_text(path, "UPDATE a SET OTHER = CAST(X'FF' AS TEXT)")
    assert read_files([path], {"format": "gpkg"}, all_columns=False).bad_rows.report() == {}


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".gdb"])
def test_batches_name_the_columns_of_real_numbers(tmp_path: Path, suffix: str) -> None:
    kind = {".shp": "shapefile", ".gpkg": "gpkg", ".gdb": "gdb"}[suffix]
    path = write(tmp_path / f"a{suffix}", "POINT (1 2)", NO=["1"], REAL=[12.0])
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    (batch,) = read_files(files, {"format": kind}).batches

    assert batch.real_columns == {"REAL"}


def test_reading_a_shapefile_leaves_gdal_able_to_read_one_in_a_zip(tmp_path: Path) -> None:
    shapefile = write(tmp_path / "a.shp", "POINT (1 2)", a=["x"])
    zipped = tmp_path / "a.shp.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for file in sorted(tmp_path.glob("a.???")):
            archive.write(file, file.name)
    shapefile.with_suffix(".shx").unlink()
    assert read_files([shapefile], {"format": "shapefile"}).column("a") == ["x"]
    assert pyogrio.get_gdal_config_option("SHAPE_RESTORE_SHX") is None
    assert [name for name, _ in pyogrio.list_layers(zipped)] == ["a"]
