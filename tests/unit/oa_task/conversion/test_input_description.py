"""Each failure of data that was downloaded: its columns and first rows are kept, and a failed rule names its place."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyogrio.raw import write

from oa_shared.failure_details import FaultyPlace
from oa_shared.failures import FAILURES
from oa_task.conform.patterns import matching
from oa_task.conversion.convert import convert
from oa_task.conversion.input_description import describe_input
from oa_task.definition.task_entry import select_entry
from oa_task.runtime.failure import TaskFailure

COLUMNS = ["NUM", "STREET", "LON", "LAT"]
HEADER = ",".join(COLUMNS) + "\n"
CSV = HEADER + "1,Main,-100,40\n2,Oak,-100.1,40.1\n"
CONFORM = {"format": "csv", "number": "NUM", "street": "STREET", "lon": "LON", "lat": "LAT"}
LATIN = (HEADER + "1,Straße,-100,40\n2,Über,-100.1,40.1\n").encode("latin-1")
METERS = HEADER + "1,Main,510798.5,4945000.5\n2,Oak,510799.5,4945001.5\n"
TEST = {"acceptance-tests": [{"inputs": {"NUM": "1"}, "expected": {"number": "2"}}]}


def regexp(pattern: str) -> dict[str, str]:
    return {"function": "regexp", "field": "NUM", "pattern": pattern}


SLOW = regexp(r"^(a+)+$\b(?=x)")
# By code: the data, and what differs in `conform` and in the entry.
CASES: dict[str, tuple[str | bytes, Mapping[str, object], Mapping[str, object]]] = {
    "source.bad_rows": (HEADER + "1,Main,west,north\n2,Oak,west,north\n", {}, {}),
    "source.columns_missing": (CSV, {"number": "HOUSE"}, {}),
    "source.columns_missing of coordinates": (CSV, {"lon": "X", "lat": "Y"}, {}),
    "source.crs": (CSV, {"srs": "EPSG:999999"}, {}),
    "source.crs of meters": (METERS, {}, {}),
    "source.empty": (HEADER, {}, {}),
    "source.encoding": (LATIN, {"encoding": "utf-8"}, {}),
    "source.format": (CSV, {"format": "shapefile"}, {}),
    "source.regexp": (CSV, {"number": regexp("(unclosed")}, {}),
    "source.regexp_timeout": (CSV.replace("1,", "a" * 40 + "!,", 1), {"number": SLOW}, {}),
    "source.test_failed": (CSV, {}, {"test": TEST}),
}
# Failures of the definition or the download, and data that no reader may open.
WITHOUT_COLUMNS = {
    *("source.schema", "source.skip", "source.not_found", "source.address_refused", "source.token_required"),
    *("source.forbidden", "source.certificate", "source.archive", "source.too_large"),
}


def fail(folder: Path, file: Path, conform: Mapping[str, object], more: Mapping[str, object]) -> TaskFailure:
    """Convert the file, which fails, and describe it in `folder`; return the failure."""
    entry = {"name": "city", "data": "https://example.org/x", "protocol": "http", "conform": conform, **more}
    selected = select_entry({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}, "addresses", "city")
    work, out = folder / "work", folder / "out"
    work.mkdir()
    out.mkdir()
    with pytest.raises(TaskFailure) as caught:
        convert([file], selected, work=work, out=out, on_progress=lambda _count: None)
    describe_input([file], selected, work=work, out=folder)
    return caught.value


def read_description(folder: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of the columns, and the first rows as they were read."""
    profile = json.loads((folder / "profile.json").read_text())
    return list(profile["columns"]), [row["raw"] for row in json.loads((folder / "sample.json").read_text())["rows"]]


def test_table_has_every_failure_of_a_source_after_its_download() -> None:
    of_sources = {code for code in FAILURES if code.startswith("source.")}
    assert {case.split(maxsplit=1)[0] for case in CASES} == of_sources - WITHOUT_COLUMNS


@pytest.mark.parametrize("case", CASES)
def test_each_failure_after_the_download_keeps_columns_and_rows(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "LIMIT_S", 0.2)
    data, change, more = CASES[case]
    file = tmp_path / "data.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    failure = fail(tmp_path, file, {**CONFORM, **change}, more)
    assert failure.code == case.split(maxsplit=1)[0], failure.message
    columns, rows = read_description(tmp_path)
    assert columns == COLUMNS
    assert [list(row) for row in rows] == [COLUMNS] * (data != HEADER) * 2
    if failure.code.startswith("source.regexp"):
        assert failure.places == [FaultyPlace("/conform/number")]


@pytest.mark.parametrize("count", [0, 2])
def test_layer_keeps_its_columns_without_rows_and_without_a_known_system(tmp_path: Path, count: int) -> None:
    file, points = tmp_path / "data.gpkg", shapely.points([[510798.5, 4945000.5], [510799.5, 4945001.5]])
    texts = [np.array(values[:count], dtype=object) for values in (["1", "2"], ["Main", "Oak"])]
    write(file, shapely.to_wkb(points[:count]), texts, ["NUM", "STREET"], geometry_type="Point", crs="EPSG:25833")
    conform = {"format": "gpkg", "number": "NUM", "street": "STREET", **({"srs": "EPSG:999999"} if count else {})}
    assert fail(tmp_path, file, conform, {}).code == ("source.crs" if count else "source.empty")
    columns, rows = read_description(tmp_path)
    assert columns == ["NUM", "STREET"]
    assert [row["STREET"] for row in rows] == texts[1].tolist()
