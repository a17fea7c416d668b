"""Damaged layers: no row is missing without a failure, a count or a warning, whatever the format and the place."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from oa_task.features.bad_rows import BadRows
from oa_task.read.source import open_batches
from oa_task.runtime.failure import TaskFailure
from support.damage import FORMATS, ROWS, Damage, copy_damaged, files_of, is_loss_silent, write_rows
from support.readers import entry_of, read_files

PLACES = (0.02, 0.25, 0.5, 0.75, 0.97, 0.999)
DAMAGES = [
    (kind, Damage(member, place, size, fill))
    for kind, (_, _, members) in FORMATS.items()
    for member in members
    for place in PLACES
    for size, fill in ((0, b""), (5_000, b"\0"), (5_000, b"\xff"))
]


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("layers")
    return {kind: write_rows(folder / kind, kind) for kind in FORMATS}


@pytest.mark.parametrize("kind", FORMATS)
def test_read_sound_layer_has_all_rows_and_no_warning(layers: dict[str, Path], kind: str) -> None:
    found = read_files(files_of(layers[kind]), {"format": kind})
    assert len(found.column("ST")) == ROWS
    assert (found.bad_rows.report(), found.bad_rows.warnings) == ({}, [])


@pytest.mark.parametrize(("kind", "damage"), DAMAGES)
def test_read_damaged_layer_loses_no_row_without_a_word(
    layers: dict[str, Path], tmp_path: Path, kind: str, damage: Damage
) -> None:
    path = copy_damaged(layers[kind], tmp_path / "damaged", damage)
    assert not is_loss_silent(path, kind)


@pytest.mark.parametrize("kind", ["gdb", "xml"])
def test_read_few_lost_rows_are_counted(layers: dict[str, Path], tmp_path: Path, kind: str) -> None:
    member = FORMATS[kind][2][0]
    path = copy_damaged(layers[kind], tmp_path / "damaged", Damage(member, 0.985, 40, b"<"))
    found = read_files(files_of(path), {"format": kind})
    lost = found.bad_rows.report()["a row lost in a damaged part of the data"]
    assert len(found.column("ST")) + lost["count"] == ROWS
    assert "1,500" in lost["examples"][0]["value"]
    assert found.bad_rows.rows_read == ROWS


def test_read_rows_without_any_value_are_bad_rows(layers: dict[str, Path], tmp_path: Path) -> None:
    path = copy_damaged(layers["gdb"], tmp_path / "damaged", Damage("*.gdbtable", 0.5, 500, b"\0"))
    found = read_files(files_of(path), {"format": "gdb"})
    report = found.bad_rows.report()["a row without any value: the data is damaged there"]
    assert report["count"] == found.column("ST").count("")
    assert len(found.column("ST")) == ROWS


def test_read_empty_row_with_a_value_in_an_unread_column_is_no_damage(tmp_path: Path) -> None:
    points = shapely.to_wkb(shapely.from_wkt(["POINT (1 2)", None]))
    fields = [np.array(["Main", None], dtype=object), np.array([1, 2])]
    pyogrio.raw.write(
        tmp_path / "a.gpkg", points, fields, ["ST", "OTHER"], geometry_type="Point", crs="EPSG:4326", driver="GPKG"
    )
    bad_rows = BadRows()
    list(open_batches([tmp_path / "a.gpkg"], entry_of({"format": "gpkg"}), bad_rows=bad_rows))
    assert bad_rows.report() == {}


def test_read_broken_page_of_a_geopackage_is_a_failure(layers: dict[str, Path], tmp_path: Path) -> None:
    body = bytearray(layers["gpkg"].read_bytes())
    page = body.rfind(b"Main 1200 Road") // 4096 * 4096
    body[page : page + 4096] = bytes(4096)
    (tmp_path / "a.gpkg").write_bytes(body)
    with pytest.raises(TaskFailure, match=r"malformed|1,500") as caught:
        read_files([tmp_path / "a.gpkg"], {"format": "gpkg"})
    assert caught.value.code == "source.format"


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()


def test_read_old_count_of_a_geopackage_is_no_damage(layers: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(layers["gpkg"].read_bytes())
    execute(path, "UPDATE gpkg_ogr_contents SET feature_count = 9999")
    assert read_files([path], {"format": "gpkg"}).bad_rows.report() == {}
    execute(path, "UPDATE gpkg_ogr_contents SET feature_count = 5")
    assert read_files([path], {"format": "gpkg"}).bad_rows.warnings == ["a.gpkg announces 5 rows and has 1,500"]


def swap_cells(body: bytes) -> bytes:
    """Return a GeoPackage in which a page of rows leads to those of another page."""
    damaged = bytearray(body)
    pages = [body.find(f"Main {number} Road".encode()) // 4096 * 4096 for number in (300, 900)]
    damaged[pages[1] : pages[1] + 4096] = body[pages[0] : pages[0] + 4096]
    return bytes(damaged)


def test_read_rows_that_come_again_in_a_geopackage_are_a_failure(layers: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(swap_cells(layers["gpkg"].read_bytes()))
    with pytest.raises(TaskFailure, match="repeat or are out of order") as caught:
        read_files([tmp_path / "a.gpkg"], {"format": "gpkg"})
    assert caught.value.code == "source.format"


def test_read_view_of_a_geopackage_in_another_order_has_its_rows(layers: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(layers["gpkg"].read_bytes())
    execute(path, "CREATE VIEW v AS SELECT fid AS OGC_FID, geom, NO, ST FROM a ORDER BY fid DESC")
    execute(
        path,
        "INSERT INTO gpkg_contents (table_name, identifier, data_type, srs_id) VALUES ('v', 'v', 'features', 4326)",
    )
    execute(path, "INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POINT', 4326, 0, 0)")
    found = read_files([path], {"format": "gpkg", "layer": "v"})
    assert sorted(map(int, found.column("NO"))) == list(range(1, ROWS + 1))
    assert found.column("NO")[0] == str(ROWS)
