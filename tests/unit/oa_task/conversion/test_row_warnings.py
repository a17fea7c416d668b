"""What `oa try` warns about: columns that the data lacks, and rules that read values and give none."""

from dataclasses import replace
from pathlib import Path

import pytest

from oa_task.conversion.row_inspection import inspect_rows
from oa_task.definition.task_entry import TaskEntry
from oa_task.row_preview.rules_without_values import describe_rules_without_values
from oa_task.sandbox.messages import check_report
from oa_task.sandbox.report_schemas import InspectionReportSchema

RULES = {"number": "NO", "street": "ST", "unit": "UNIT", "city": "CITY"}
POINTER = "/layers/addresses/0"


def inspect(tmp_path: Path, **changed: object) -> tuple[list[str], list[str]]:
    """Return the warnings about columns and about rules for two rows."""
    data, rules = tmp_path / "raw.csv", {**RULES, **changed}
    data.write_text("NO,ST,UNIT,CITY,X,Y\n1,Main St,,Harrison,-93.1,36.2\n2,Elm St,,Harrison,-93.1,36.3\n")
    conform = {"format": "csv", "lon": "X", "lat": "Y", **rules}
    entry = TaskEntry("addresses", "county", ("https://example.org/a.csv",), "http", None, conform, rules)
    entry = replace(entry, pointer=POINTER)
    report = inspect_rows([data], entry, work=tmp_path / "work", first=1, count=2)
    check_report(report, InspectionReportSchema)
    return report["warnings"], describe_rules_without_values(report["rows"])


def test_column_that_the_data_lacks_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    columns, rules = inspect(tmp_path, city="CITTY")
    assert columns == [f"the data lacks 'CITTY' (nearest: 'CITY'), named at {POINTER}/conform/city"]
    assert rules == []


@pytest.mark.parametrize(
    "rule",
    [
        {"function": "regexp", "field": "ST", "pattern": "^([0-9]+)"},
        {"function": "postfixed_unit", "field": "ST"},
        {"function": "chain", "functions": [{"function": "regexp", "field": "ST", "pattern": "(x)"}]},
    ],
    ids=["regexp", "unit", "nested"],
)
def test_rule_that_never_gives_a_value_is_named_with_what_it_read(tmp_path: Path, rule: object) -> None:
    columns, rules = inspect(tmp_path, unit=rule)
    assert columns == []
    (text,) = rules
    assert text == (
        f"no feature shown has `unit`: {POINTER}/conform/unit gives no value, "
        "for example for 'Main St' of the column 'ST'"
    )


@pytest.mark.parametrize("unit", ["UNIT", {"function": "regexp", "field": "CITY", "pattern": "^(Harri)"}])
def test_empty_columns_and_rules_with_a_value_are_not_reported(tmp_path: Path, unit: object) -> None:
    assert inspect(tmp_path, unit=unit) == ([], [])


def test_rule_with_a_value_in_one_row_is_not_reported(tmp_path: Path) -> None:
    assert inspect(tmp_path, unit={"function": "regexp", "field": "ST", "pattern": "^(Elm)"}) == ([], [])
