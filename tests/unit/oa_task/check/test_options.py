"""The options that `check` calls useless, against the options that the readers of each format read."""

import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from oa_shared.definition_check.options import check_options
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.read.request import AllColumns, ReadRequest
from oa_task.read.source import open_batches
from oa_task.read.spreadsheet import read_spreadsheet
from support.table_files import xlsx_body

OPTIONS: dict[str, Any] = {
    "srs": "EPSG:25833",
    "file": "data",
    "layer": "data",
    "encoding": "latin-1",
    "csvsplit": ",",
    "headers": 1,
    "skiplines": 1,
    "lat": "Y",
    "lon": "X",
}
SUFFIXES = {"shapefile": ".shp", "shapefile-polygon": ".shp", "gpkg": ".gpkg", "gdb": ".gdb", "xml": ".gml"}
KINDS = ["csv", "geojson", *SUFFIXES, "ESRI"]


class RecordingConform(dict[str, Any]):
    """A `conform` that records which of its members the readers read."""

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(members)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self._record(name, sys._getframe(1))
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self._record(name, sys._getframe(1))
        return super().__getitem__(name)

    def _record(self, name: str, caller: FrameType) -> None:
        if caller.f_globals["__name__"].startswith("oa_task.read."):
            self.read.add(name)


def write_data(kind: str, folder: Path) -> list[Path]:
    """Write one point with the columns X, Y and PIN; return the files."""
    feature = {"type": "Feature", "properties": {"PIN": "7"}, "geometry": {"type": "Point", "coordinates": [13, 52]}}
    if kind in SUFFIXES:
        path = folder / f"data{SUFFIXES[kind]}"
        points = shapely.to_wkb(np.array([shapely.Point(500_000, 5_700_000)]))
        pin = [np.array(["7"], dtype=object)]
        driver = {"driver": "OpenFileGDB"} if kind == "gdb" else {}
        pyogrio.raw.write(path, points, pin, ["PIN"], geometry_type="Point", crs="EPSG:25833", **driver)
        (folder / "data.cpg").unlink(missing_ok=True)
        return sorted(folder.rglob("*"))
    lines = {
        "csv": ["X,Y,PIN", "500000,5700000,7"],
        "geojson": [json.dumps({"type": "FeatureCollection", "features": [feature]})],
        "ESRI": [
            '{"srs":"EPSG:4326","fields":["PIN"]}',
            '{"attributes":{"PIN":7},"geometry":{"x":1,"y":1}}',
            '{"end":1}',
        ],
    }
    path = folder / {"csv": "data.csv", "geojson": "data.geojson", "ESRI": "esri.jsonl"}[kind]
    path.write_text("".join(f"{line}\n" for line in lines[kind]))
    return [path]


def options_read(files: list[Path], protocol: str, members: dict[str, Any]) -> set[str]:
    """Read the one feature of the data; return the members of the definition that its reader reads."""
    conform = RecordingConform(members)
    entry = TaskEntry("parcels", "city", ("http://x/",), protocol, None, conform, {"pid": "PIN"})
    assert sum(len(batch) for batch in open_batches(files, entry, bad_rows=BadRows())) == 1
    return conform.read


def options_read_of_workbook(folder: Path, members: dict[str, Any]) -> set[str]:
    """Return the members of the definition that the reader of workbooks reads before the table in it is a CSV."""
    path = folder / "data.xlsx"
    path.write_bytes(xlsx_body({"data": (("X", "Y", "PIN"), (500_000, 5_700_000, "7"))}))
    conform = RecordingConform(members)
    request = ReadRequest(path, conform, AllColumns(), BadRows())
    assert sum(len(batch) for batch in read_spreadsheet(request)) == 1
    return conform.read


@pytest.mark.parametrize("kind", KINDS)
def test_check_options_no_effect_exactly_where_no_reader_reads_the_option(kind: str, tmp_path: Path) -> None:
    protocol, format_ = ("ESRI", "geojson") if kind == "ESRI" else ("http", kind)
    conform = {"format": format_, "pid": "PIN", **OPTIONS}
    files = write_data(kind, tmp_path)
    read = options_read(files, protocol, conform)
    if kind == "csv":
        # `headers` takes the place of `skiplines`, and a workbook declares the format of a table.
        read |= options_read(files, protocol, {key: value for key, value in conform.items() if key != "headers"})
        read |= options_read_of_workbook(tmp_path, conform)

    body = {"data": "https://x.org/a/FeatureServer/1", "protocol": protocol, "conform": conform}
    useless = {item.pointer.rpartition("/")[2] for item in check_options(body, "") if item.code == "no_effect"}
    assert useless == OPTIONS.keys() - read


@pytest.mark.parametrize(
    ("year", "codes"), [("2014", ["old"]), (2014, ["old"]), ("9999", []), ("²", []), ("9" * 5000, [])], ids=range(5)
)
def test_year_of_any_digits_is_checked(year: object, codes: list[str]) -> None:
    address = {"protocol": "http", "data": "https://example.org/a.geojson"}
    entry = {**address, "license": "CC0", "year": year, "conform": {"format": "geojson"}}
    assert [finding.code for finding in check_options(entry, "") if finding.pointer == "/year"] == codes
