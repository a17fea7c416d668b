"""Every format of an export, read back with third-party readers."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from oa_shared.plan_reading import read_plan
from oa_task.products import shapefile
from oa_task.products.parts import PartCollector
from oa_task.runtime.failure import TaskFailure
from support.products import Bucket, address, plan, read_csv, read_lines, read_ogr, read_zip

ROWS = [
    address("1", "Main St", -100.1234567, 40.5, unit="A", city="Ort", postcode="00123", id="x1"),
    address("2", 'Öl "Weg", 北', -100.2, 40.25),
    {"number": "3", "street": "Nowhere", "at": None},
]
COLUMNS = ["LON", "LAT", "NUMBER", "STREET", "UNIT", "CITY", "DISTRICT", "REGION", "POSTCODE", "ID", "HASH"]
SQUARE = shapely.box(1, 2, 3, 4)


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path / "bucket")


async def test_export_csv_has_the_columns_of_openaddresses(bucket: Bucket, tmp_path: Path) -> None:
    report = await bucket.build(plan("export", [bucket.publish("us/ca/x", ROWS)], formats=["csv"]), tmp_path / "out")
    assert report["count"] == 3
    assert report["bounds"] == [-100.2, 40.25, -100.1234567, 40.5]
    rows = read_csv(tmp_path / "out" / "export.csv.gz")
    assert list(rows[0]) == COLUMNS
    assert rows[0]["LON"] == "-100.1234567"
    assert [row["POSTCODE"] for row in rows] == ["00123", "", ""]
    assert rows[1]["STREET"] == 'Öl "Weg", 北'
    assert rows[2]["LON"] == ""
    assert rows[2]["LAT"] == ""
    hashes = [line["properties"]["hash"] for line in read_lines(bucket.folder / "job/1/attempt-1/source.geojson.gz")]
    assert [row["HASH"] for row in rows] == hashes


async def test_export_csv_of_parcels_has_wkt(bucket: Bucket, tmp_path: Path) -> None:
    parcels = [{"pid": "7", "at": SQUARE}, {"pid": "", "at": shapely.Point(1, 2)}]
    dataset = bucket.publish("us/ca/x", parcels, layer="parcels")
    await bucket.build(plan("export", [dataset], formats=["csv"]), tmp_path / "out")
    rows = read_csv(tmp_path / "out" / "export.csv.gz")
    assert list(rows[0]) == ["WKT", "PID", "HASH"]
    assert [shapely.from_wkt(row["WKT"]) for row in rows] == [SQUARE, shapely.Point(1, 2)]
    assert [row["PID"] for row in rows] == ["7", ""]


async def test_export_geojson_has_the_lines_of_the_dataset_with_its_label(bucket: Bucket, tmp_path: Path) -> None:
    await bucket.build(plan("export", [bucket.publish("us/ca/x", ROWS)], formats=["geojson"]), tmp_path / "out")
    found = read_lines(tmp_path / "out" / "export.geojson.gz")
    assert {line["properties"].pop("source") for line in found} == {"us/ca/x/addresses/city"}
    assert found == read_lines(bucket.folder / "job/1/attempt-1/source.geojson.gz")


@pytest.mark.parametrize(
    ("format_", "file", "driver", "placed"),
    [("gpkg", "export.gpkg", "GPKG", 3), ("flatgeobuf", "export.fgb", "FlatGeobuf", 2)],
)
async def test_export_of_gdal_is_read_back(
    bucket: Bucket, tmp_path: Path, format_: str, *, file: str, driver: str, placed: int
) -> None:
    licensed = {**bucket.publish("us/ca/x", ROWS), "license": {"text": "CC BY 4.0", "attribution name": "Town Ö"}}
    report = await bucket.build(plan("export", [licensed], formats=[format_]), tmp_path / "out")
    found = read_ogr(tmp_path / "out" / file)
    assert found["driver"] == driver
    assert found["crs"] == "EPSG:4326"
    assert found["type"] == "Point"
    assert found["layers"] == ["addresses"]
    rows = sorted(zip(found["rows"]["number"], found["rows"]["street"], found["shapes"], strict=True))
    assert len(rows) == placed
    assert rows[0] == ("1", "Main St", "POINT (-100.123457 40.5)")
    assert rows[1][1] == 'Öl "Weg", 北'
    assert set(found["rows"]["source"]) == {"us/ca/x/addresses/city"}
    assert report["notes"] == ({format_: {"without_geometry": 1}} if placed == 2 else {})
    assert "us/ca/x/addresses/city: © Town Ö. License: CC BY 4.0." in (tmp_path / "out" / file).read_text(
        "utf-8", "ignore"
    )


async def test_export_gpkg_is_as_the_standard_requires_and_opens_read_only(bucket: Bucket, tmp_path: Path) -> None:
    await bucket.build(plan("export", [bucket.publish("us/ca/x", ROWS)], formats=["gpkg"]), tmp_path / "out")
    (tmp_path / "out/export.gpkg").chmod(0o444)
    with closing(sqlite3.connect(f"file:{tmp_path}/out/export.gpkg?mode=ro&immutable=1", uri=True)) as database:

        def select(query: str) -> list[Any]:
            return database.execute(query).fetchall()

        assert select("PRAGMA application_id") == [(int.from_bytes(b"GPKG", "big"),)]
        assert select("PRAGMA user_version")[0][0] >= 10200
        assert select("PRAGMA integrity_check") == [("ok",)]
        assert select("PRAGMA foreign_key_check") == []
        assert select("PRAGMA journal_mode") != [("wal",)], "a reader would need to write"
        assert {row[0] for row in select("SELECT srs_id FROM gpkg_spatial_ref_sys")} >= {-1, 0, 4326}
        (content,) = select("SELECT table_name, data_type, srs_id, min_x, max_y, description FROM gpkg_contents")
        assert content[:3] == ("addresses", "features", 4326)
        assert content[3] == pytest.approx(-100.2)
        assert content[4] >= 40.5
        assert content[5].startswith("us/ca/x/addresses/city: ")
        ((column, kind, srs),) = select("SELECT column_name, geometry_type_name, srs_id FROM gpkg_geometry_columns")
        assert (kind, srs) == ("POINT", 4326)
        placed = select(f'SELECT count(*) FROM addresses WHERE "{column}" IS NOT NULL')  # noqa: S608 - of the file
        indexed = select(f'SELECT count(*) FROM "rtree_addresses_{column}"')  # noqa: S608 - of the file
        assert indexed == placed == [(2,)]


async def test_export_gpkg_of_mixed_geometries_keeps_each(bucket: Bucket, tmp_path: Path) -> None:
    lines = shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])
    shapes = [SQUARE, lines, shapely.MultiPolygon([SQUARE]), (5.0, 6.0)]
    dataset = bucket.publish("us/ca/x", [{"pid": "1", "at": shape} for shape in shapes], layer="parcels")
    await bucket.build(plan("export", [dataset], formats=["gpkg"]), tmp_path / "out")
    found = read_ogr(tmp_path / "out" / "export.gpkg")
    assert [shapely.from_wkt(text) for text in found["shapes"]] == [*shapes[:3], shapely.Point(5, 6)]


async def test_export_shapefile_is_utf8_with_short_names(bucket: Bucket, tmp_path: Path) -> None:
    road = {"name": "Öl 北", "classification": "a" * 253 + "北", "addr_from_right": "12"}
    rows = [{**road, "at": shapely.LineString([(0, 0), (1, 1)])}, {"name": "x", "at": None}]
    dataset = bucket.publish("us/ca/x", rows, layer="centerlines")
    report = await bucket.build(plan("export", [dataset], formats=["shapefile"]), tmp_path / "out")
    members = read_zip(tmp_path / "out" / "export.shp.zip")
    assert set(members) == {f"centerlines.{ending}" for ending in ("shp", "shx", "dbf", "prj", "cpg")}
    assert members["centerlines.cpg"] == b"UTF-8"
    found = read_ogr(tmp_path / "out" / "export.shp.zip")
    assert found["crs"] == "EPSG:4326"
    assert found["rows"]["name"] == ["Öl 北"]
    assert found["rows"]["class"] == ["a" * 253]
    assert found["rows"]["from_right"] == ["12"]
    assert found["shapes"] == ["LINESTRING (0 0, 1 1)"]
    assert report["notes"] == {"shapefile": {"values_shortened": 1, "without_geometry": 1}}


async def test_export_shapefile_of_mixed_geometries_has_a_file_for_each_kind(bucket: Bucket, tmp_path: Path) -> None:
    rows = [{"pid": "1", "at": SQUARE}, {"pid": "2", "at": (1.0, 2.0)}, {"pid": "3", "at": SQUARE}]
    dataset = bucket.publish("us/ca/x", rows, layer="parcels")
    await bucket.build(plan("export", [dataset], formats=["shapefile"]), tmp_path / "out")
    path = tmp_path / "out" / "export.shp.zip"
    assert read_ogr(path, "parcels-polygons")["rows"]["pid"] == ["1", "3"]
    assert read_ogr(path, "parcels-points")["rows"]["pid"] == ["2"]


async def test_export_parquet_is_read_back_with_its_metadata(bucket: Bucket, tmp_path: Path) -> None:
    several = [bucket.publish("us/ca/x", ROWS), bucket.publish("de/berlin", ROWS[:1])]
    await bucket.build(plan("export", several, formats=["parquet"]), tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "export.parquet")
    assert table["source"].to_pylist() == ["de/berlin/addresses/city", *(["us/ca/x/addresses/city"] * 3)]
    assert table["postcode"].to_pylist() == ["00123", "00123", None, None]
    metadata = pq.read_metadata(tmp_path / "out" / "export.parquet").metadata
    about = json.loads(metadata[b"geo"])["columns"]["geometry"]
    assert about["geometry_types"] == ["Point"]
    assert about["bbox"] == [-100.2, 40.25, -100.1234567, 40.5]


async def test_export_pmtiles_has_the_layer_and_its_attributes(bucket: Bucket, tmp_path: Path) -> None:
    await bucket.build(plan("export", [bucket.publish("us/ca/x", ROWS)], formats=["pmtiles"]), tmp_path / "out")
    with (tmp_path / "out" / "export.pmtiles").open("rb") as file:
        source = MmapSource(file)
        (layer,) = Reader(source).metadata()["vector_layers"]
        assert layer["id"] == "addresses"
        assert {"number", "street", "source"} <= set(layer["fields"])
        assert len(list(all_tiles(source))) >= 15


async def test_export_bbox_is_exact_for_points_and_includes_touching_geometries(bucket: Bucket, tmp_path: Path) -> None:
    triangle = shapely.Polygon([(0, 0), (10, 0), (0, 10)])
    rows = [
        *({"pid": name, "at": (x, 8.0)} for name, x in (("on the edge", 7.0), ("in", 8.0), ("out", 6.9999999))),
        {"pid": "only its box", "at": triangle},
        {"pid": "crosses", "at": shapely.LineString([(0, 8.5), (20, 8.5)])},
        {"pid": "nowhere", "at": None},
    ]
    dataset = bucket.publish("us/ca/x", rows, layer="parcels")
    body = plan("export", [dataset], formats=["csv"], bbox=[7, 7, 9, 9])
    assert (await bucket.build(body, tmp_path / "out"))["count"] == 3
    rows_found = read_csv(tmp_path / "out" / "export.csv.gz")
    assert [row["PID"] for row in rows_found] == ["on the edge", "in", "crosses"]


async def test_export_bbox_across_the_antimeridian_has_both_sides(bucket: Bucket, tmp_path: Path) -> None:
    rows = [address(str(x), "A", x, 1.0) for x in (179.5, -179.5, 0.0)]
    body = plan("export", [bucket.publish("fj/x", rows)], formats=["csv"], bbox=[179, 0, -179, 2])
    await bucket.build(body, tmp_path / "out")
    assert [row["LON"] for row in read_csv(tmp_path / "out" / "export.csv.gz")] == ["179.5", "-179.5"]


async def test_export_without_rows_in_the_bbox_fails_as_empty_and_leaves_no_file(
    bucket: Bucket, tmp_path: Path
) -> None:
    body = plan("export", [bucket.publish("us/ca/x", ROWS)], formats=["csv"], bbox=[1, 1, 2, 2])
    with pytest.raises(TaskFailure, match=r"1\.0, 1\.0, 2\.0, 2\.0 in the 1 inputs") as caught:
        await bucket.build(body, tmp_path / "out")
    assert caught.value.code == "source.empty"
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("format_", ["pmtiles", "shapefile"])
async def test_export_without_geometry_fails_as_empty_for_formats_of_geometries(
    bucket: Bucket, tmp_path: Path, format_: str
) -> None:
    body = plan("export", [bucket.publish("us/ca/x", ROWS[2:])], formats=[format_])
    with pytest.raises(TaskFailure, match="geometry") as caught:
        await bucket.build(body, tmp_path / "out")
    assert caught.value.code == "source.empty"


@pytest.mark.parametrize("format_", ["csv", "geojson", "gpkg", "parquet"])
async def test_export_without_geometry_has_the_rows(bucket: Bucket, tmp_path: Path, format_: str) -> None:
    body = plan("export", [bucket.publish("us/ca/x", ROWS[2:])], formats=[format_])
    report = await bucket.build(body, tmp_path / "out")
    assert report["count"] == 1
    assert report["bounds"] is None


async def test_export_several_formats_have_one_manifest(bucket: Bucket, tmp_path: Path) -> None:
    terms = {"text": "CC-BY", "url": "https://x.test/", "attribution": True, "attribution name": "City\nof X"}
    several = [bucket.publish("us/ca/x", ROWS, license=terms), bucket.publish("us/ca/y", ROWS[:2], license="ODbL")]
    body = plan("export", several, formats=["csv", "geojson", "parquet"])
    report = await bucket.build(body, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert set(manifest["outputs"]) == {
        *("export.csv.gz", "export.geojson.gz", "export.parquet"),
        *("ATTRIBUTION.txt", "plan.json"),
    }
    assert manifest["kind"] == "export"
    assert manifest["count"] == 5
    assert [(item["source_name"], item["count"]) for item in manifest["inputs"]] == [("us/ca/x", 3), ("us/ca/y", 2)]
    assert "inputs" not in report
    text = (tmp_path / "out" / "ATTRIBUTION.txt").read_text()
    assert "us/ca/x/addresses/city\n  Attribution: City of X\n  License: CC-BY\n" in text
    assert "us/ca/y/addresses/city\n  Attribution: not stated\n  License: ODbL\n" in text


def test_shapefile_full_file_continues_in_another(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [address(str(number), "Main St", 1.0, 2.0) for number in range(50)]
    checked = read_plan(json.dumps(plan("export", [bucket.publish("us/ca/x", rows)], formats=["shapefile"])).encode())
    gathering = PartCollector(checked, tmp_path, lambda _count: None)
    gathering.add(bucket.folder / "job/1/attempt-1/source.parquet", checked.inputs[0])
    (part,) = gathering.close()
    monkeypatch.setattr(shapefile, "FILE_BYTES", 1_000)
    assert shapefile.write_shapefile(part, tmp_path / "x.zip", work=tmp_path) == {}
    members = read_zip(tmp_path / "x.zip")
    assert max(len(body) for name, body in members.items() if name.endswith(".shp")) <= 1_000 + 100
    names = sorted(Path(name).stem for name in members if name.endswith(".shp"))
    assert len(names) > 2
    found = [number for name in names for number in read_ogr(tmp_path / "x.zip", name)["rows"]["number"]]
    assert sorted(found, key=int) == [str(number) for number in range(50)]
