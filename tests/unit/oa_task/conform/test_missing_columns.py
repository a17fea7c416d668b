"""Columns that rules name and the data lacks."""

from typing import Any

import pytest

from oa_task.conform.conformer import Conformer
from oa_task.conform.missing_columns import check_columns
from oa_task.features.bad_rows import BadRows
from oa_task.runtime.failure import TaskFailure
from unit.oa_task.conform.conforming import batch, entry


@pytest.mark.parametrize(
    "rule",
    [
        {"function": "regexp", "field": "STRET", "pattern": "x"},
        {"function": "format", "fields": ["STREET", "STRET"], "format": "$1"},
        {"function": "remove_prefix", "field": "STREET", "field_to_remove": "STRET"},
        {"function": "mph_to_kph", "field": "STRET"},
        {"function": "chain", "functions": [{"function": "prefixed_number", "field": "STRET"}]},
    ],
)
def test_check_columns_missing_column_of_a_function_fails_with_the_nearest(rule: dict[str, Any]) -> None:
    with pytest.raises(TaskFailure) as caught:
        check_columns(batch({"STREET": ["x"], "CITY": ["y"]}).column_names, entry({"street": rule}))
    assert caught.value.code == "source.columns_missing"
    assert {"'STRET'", "'STREET'"} <= {part.strip("():, ") for part in caught.value.message.split()}
    assert "/layers/addresses/0/conform/street" in caught.value.message


@pytest.mark.parametrize(
    "rule",
    [
        "STRET",
        ["STREET", "STRET"],
        {"function": "join", "fields": ["STRET"]},
        {"function": "first_non_empty", "fields": ["STRET"]},
        {"function": "map", "field": "STRET", "mapping": {}},
    ],
)
def test_check_columns_missing_column_of_another_rule_gives_a_warning(rule: Any) -> None:
    (warning,) = check_columns(batch({"STREET": ["x"]}).column_names, entry({"street": rule}))
    assert {"'STRET'", "'STREET'"} <= {part.strip("():, ") for part in warning.split()}
    assert "/layers/addresses/0/conform/street" in warning


def test_check_columns_result_of_an_earlier_rule_is_available() -> None:
    steps = [{"function": "prefixed_number", "field": "A"}, {"function": "regexp", "field": "oa:V", "pattern": "x"}]
    rules = {
        "number": {"function": "chain", "variable": "V", "functions": steps},
        "id": {"function": "regexp", "field": "oa:number", "pattern": "x"},
        "city": "V",
    }
    assert check_columns(batch({"A": ["x"]}).column_names, entry(rules)) == []


def test_check_columns_result_of_a_later_rule_is_missing() -> None:
    rules = {
        "id": {"function": "regexp", "field": "oa:number", "pattern": "x"},
        "number": {"function": "prefixed_number", "field": "A"},
    }
    with pytest.raises(TaskFailure, match="oa:number"):
        check_columns(batch({"A": ["x"]}).column_names, entry(rules))


def test_conformer_only_the_first_batch_is_checked() -> None:
    conformer = Conformer(entry({"id": "B"}), BadRows())
    for _ in range(2):
        conformer.conform(batch({"A": ["x"]}))
    assert len(conformer.warnings) == 1
