"""The report of real sources with faults: healthy data in their shape, and verdicts that can be wrong."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oa_task.conversion.convert import convert
from volunteer.delivery import Delivery
from volunteer.faults import faults
from volunteer.real_sources import ROWS, RealSource, read_sources
from volunteer.report import Outcome, judge

FAULT = next(iter(faults()))
_FULL = {"function": "prefixed_number", "field": "ADDRESS"}
_STREET = {"function": "postfixed_street", "field": "ADDRESS", "may_contain_units": True}
CONFORMS: dict[str, dict[str, Any]] = {
    "csv": {
        "format": "csv",
        "lon": "E",
        "lat": "N",
        "srs": "EPSG:25833",
        "csvsplit": ";",
        "number": "NO",
        "street": ["A"],
    },
    "shapefile": {"format": "shapefile", "file": "roads/a.shp", "number": _FULL, "street": _STREET, "postcode": "PLZ"},
    "gdb": {"format": "gdb", "layer": "points", "srs": "EPSG:2263", "number": _FULL, "street": _STREET},
    "geojson": {"format": "geojson", "number": "NO", "street": {"function": "join", "fields": ["A", "B"]}},
}


def source_of(kind: str, folder: Path) -> RealSource:
    entry = {"name": "city", "data": "https://x.org/a", "protocol": "http", "conform": CONFORMS[kind]}
    if kind != "geojson":
        entry["compression"] = "zip"
    definition = {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": [entry]}}
    (folder / "a.json").write_text(json.dumps(definition))
    (folder / "b.json").write_text("not JSON")
    (source,) = read_sources(folder, kind, 5)
    return source


@pytest.mark.parametrize("kind", CONFORMS)
def test_delivery_healthy_data_of_each_kind_conforms_with_every_value(kind: str, tmp_path: Path) -> None:
    source = source_of(kind, tmp_path)
    raw = tmp_path / ("data.geojson" if kind == "geojson" else "data.zip")
    raw.write_bytes(Delivery(source, source.rows(), source.shapes()).response())
    for name in ("work", "out"):
        (tmp_path / name).mkdir()
    report = convert(
        [raw],
        source.entry,
        work=tmp_path / "work",
        out=tmp_path / "out",
        on_progress=lambda _count: None,
        without=frozenset({"tiles", "preview", "profile"}),
    )
    assert (report["count"], report["valid"], report["warnings"]) == (ROWS, ROWS, [])
    assert report["fields"]["street"] == ROWS


@pytest.mark.parametrize("fault", list(faults()), ids=lambda fault: fault.name)
def test_faults_each_one_changes_a_delivery(fault: Any, tmp_path: Path) -> None:
    applied = []
    for kind in sorted(fault.kinds & CONFORMS.keys()):
        (tmp_path / kind).mkdir()
        source = source_of(kind, tmp_path / kind)
        plain = Delivery(source, source.rows(), source.shapes())
        delivery = fault.commit(plain)
        applied += [delivery.response() != plain.response()] if delivery is not None else []
    assert all(applied)
    assert applied or fault.kinds == {"ESRI"} or fault.name == "holes like shells"


def outcome(features: str, **answer: Any) -> Outcome:
    contents = Counter(json.dumps([{"number": feature}, "POINT (1 1)"]) for feature in features)
    return Outcome({"status": "Success", "warnings": [], **answer}, contents, {})


@pytest.mark.parametrize(
    ("result", "takes_rows", "verdict"),
    [
        (outcome("abc"), False, "right"),
        (outcome("abc"), True, "SILENT"),
        (outcome("ab"), False, "SILENT"),
        (outcome("abcc"), False, "SILENT"),
        (outcome("abd"), False, "SILENT"),
        (outcome("ab", warnings=["1 row"]), False, "tells"),
        (outcome("ab", rows={"bad": {"x": {"count": 1}}}), False, "tells"),
        (outcome("ab", warnings=["known"]), False, "SILENT"),
        (outcome("", status="Fail", code="source.empty", message="m"), True, "fails"),
        (outcome("", status="Fail", code="bug.crash", message="m"), False, "CRASH"),
    ],
)
def test_judge_success_with_other_rows_needs_a_word(result: Outcome, takes_rows: bool, verdict: str) -> None:  # noqa: FBT001
    assert judge(result, outcome("abc", warnings=["known"]), replace(FAULT, takes_rows=takes_rows))[0] == verdict


def test_judge_bent_shape_is_right_only_while_the_shape_is_there() -> None:
    bends = next(fault for fault in faults() if fault.changes_shapes)
    straight, bent, lost = (
        Outcome({"status": "Success"}, Counter([json.dumps([{"number": "1"}, outline])]), {})
        for outline in ("POINT (1 1)", "POINT (1 2)", None)
    )
    assert judge(bent, straight, bends)[0] == "right"
    assert judge(lost, straight, bends)[0] == "SILENT"
    assert judge(bent, straight, replace(bends, changes_shapes=False))[0] == "SILENT"
