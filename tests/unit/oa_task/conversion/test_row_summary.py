"""The summary of `try --rows`: the counts of a job, over the first rows."""

import io
from pathlib import Path

import pytest

from oa_shared.json_values import json_object
from oa_task.commands.console import make_console
from oa_task.conversion.convert import convert
from oa_task.conversion.row_inspection import inspect_rows
from oa_task.definition.task_entry import TaskEntry
from oa_task.row_preview.summary_view import show_summary
from oa_task.sandbox.messages import check_report
from oa_task.sandbox.report_schemas import InspectionReportSchema
from support.packings import pack_zip
from support.table_files import FORMATS, ROWS

_CONFORM = {"format": "csv", "lon": "X", "lat": "Y", "number": "NO", "street": "ST", "unit": "UNIT"}
_ENTRY = TaskEntry(
    *("addresses", "city", ("https://example.org/a.csv",), "http", None, _CONFORM),
    {key: _CONFORM[key] for key in ("number", "street", "unit")},
)


def _write(path: Path) -> Path:
    rows = [
        f"{number},Main St,{'B' if number % 4 == 0 else ''},-100.{number:03},40.{number:03}" for number in range(200)
    ]
    rows[7], rows[9], rows[11] = "7,Main St,,abc,40", "9,Main St,,-100,40,x,y", ",Main St,,-100,40"
    path.write_text("\n".join(["NO,ST,UNIT,X,Y", *rows]))
    return path


def test_summary_has_the_counts_of_a_job(tmp_path: Path) -> None:
    raw = _write(tmp_path / "a.csv")
    (tmp_path / "out").mkdir()
    job = convert([raw], _ENTRY, work=tmp_path / "job", out=tmp_path / "out", on_progress=lambda _count: None)
    report = inspect_rows([raw], _ENTRY, work=tmp_path / "try", first=1, count=3, summary=1000)
    summary = json_object(check_report(report, InspectionReportSchema)["summary"])
    keys = ("count", "valid", "without_geometry", "bounds", "fields", "invalid", "rows", "placement")
    assert {key: summary[key] for key in keys} == {key: job[key] for key in keys}
    assert summary["count"] == 199
    assert json_object(summary["rows"])["read"] == 200


def test_summary_of_a_text_names_rows_by_outcome_with_an_example(tmp_path: Path) -> None:
    raw = _write(tmp_path / "a.csv")
    report = inspect_rows([raw], _ENTRY, work=tmp_path / "try", first=1, count=1, summary=1)
    target = io.StringIO()
    show_summary(make_console(file=target), json_object(report["summary"]), elapsed_s=1.25, name_places=str.upper)
    text = target.getvalue()
    for part in (
        *(
            "200 read, 199 written",
            "1: UNREADABLE COORDINATES (row 8 has 'abc 40')",
            "1: MORE CELLS THAN COLUMNS (row 10",
        ),
        *("street 100%", "unit 25%", "197 of 199", "coverage: not stated", "1.2 s"),
    ):
        assert part in text


@pytest.mark.parametrize("first", [1, 3])
def test_rows_are_the_same_with_and_without_a_summary(first: int, tmp_path: Path) -> None:
    raw = _write(tmp_path / "a.csv")
    plain = inspect_rows([raw], _ENTRY, work=tmp_path / "plain", first=first, count=2)
    counted = inspect_rows([raw], _ENTRY, work=tmp_path / "counted", first=first, count=2, summary=5)
    assert counted["rows"] == plain["rows"]


@pytest.mark.parametrize("name", FORMATS)
def test_summary_of_any_format_counts_the_rows_that_it_has_read(name: str, tmp_path: Path) -> None:
    declared, files_of = FORMATS[name]
    raw = tmp_path / "raw.zip"
    raw.write_bytes(pack_zip(files_of()))
    conform = {
        "format": declared,
        "number": "NO",
        "street": "ST",
        **({"lon": "X", "lat": "Y"} if declared == "csv" else {}),
    }
    rules = {"number": "NO", "street": "ST"}
    entry = TaskEntry("addresses", "city", ("https://example.org/a.zip",), "http", "zip", conform, rules)
    # The first batch has all that is requested, so that nothing is read after it.
    summary = json_object(inspect_rows([raw], entry, work=tmp_path / "work", first=1, count=1, summary=1)["summary"])
    assert (json_object(summary["rows"])["read"], summary["count"]) == (len(ROWS), len(ROWS))
