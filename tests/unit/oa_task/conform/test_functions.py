"""The attribute functions, by the table of their edge cases."""

from typing import Any

import numpy as np
import orjson
import polars as pl
import pytest

from oa_task.bad_rows import BadRows
from oa_task.conform.rows import conform_batch
from oa_task.definition import Entry
from oa_task.failure import TaskFailure
from oa_task.features import FeatureBatch, Points


def conformed(rule: Any, rows: dict[str, list[str | None]], bad_rows: BadRows | None = None, **also: Any) -> list[Any]:
    """Return the values of `id` that a rule makes; `also` are rules of other attributes, before it."""
    rules = {**also, "id": rule}
    entry = Entry("addresses", "city", (), "http", None, {"format": "csv"}, rules)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
    nowhere = np.full(max(frame.height, 1), np.nan)
    made = conform_batch(FeatureBatch(0, frame, Points(nowhere, nowhere)), entry, bad_rows)
    values = made.frame["id"].to_list()
    is_json = "id" in made.encoded
    return [orjson.loads(value) if is_json and value is not None else value for value in values]


def one(rule: Any, **row: str | None) -> Any:
    return conformed(rule, {name: [value] for name, value in row.items()})[0]


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        ("A", {"A": "x"}, "x"),
        ("A", {}, None),
        (["A", "B", "C"], {"A": " x ", "B": " "}, "x"),
        ({"function": "join", "fields": ["A", "B"], "separator": "-"}, {"A": "1", "B": "2"}, "1-2"),
        ({"function": "join", "fields": ["A", "B"]}, {"A": "1"}, ""),
        ({"function": "regexp", "field": "A", "pattern": "^([0-9]+)"}, {"A": "12 Main"}, "12"),
        ({"function": "regexp", "field": "A", "pattern": "^([0-9]+)"}, {"A": "Main"}, ""),
        ({"function": "regexp", "field": "A", "pattern": "(.*)", "replace": "[$1]"}, {"A": "12"}, "[12][]"),
        ({"function": "regexp", "field": "A", "pattern": "(1)", "replace": "$1a"}, {"A": "1"}, "1a"),
        ({"function": "prefixed_number", "field": "A"}, {"A": "123"}, ""),
        ({"function": "prefixed_number", "field": "A"}, {"A": "12-14-3 X"}, ""),
        ({"function": "prefixed_number", "field": "A"}, {"A": " 12 1/2 Main"}, "12 1/2"),
        ({"function": "prefixed_number", "field": "A"}, {"A": "12 - 14 Main"}, "12"),
        ({"function": "postfixed_street", "field": "A"}, {"A": "12b Main St"}, "Main St"),
        ({"function": "postfixed_street", "field": "A"}, {"A": "Main St"}, "Main St"),
        (
            {"function": "postfixed_street", "field": "A", "may_contain_units": True},
            {"A": "12 Main St Apt. 4"},
            "Main St",
        ),
        ({"function": "postfixed_unit", "field": "A"}, {"A": "12 Main St Apt. 4"}, "Apt. 4"),
        ({"function": "postfixed_unit", "field": "A"}, {"A": "Main St# 3"}, ""),
        ({"function": "remove_prefix", "field": "A", "field_to_remove": "B"}, {"A": "12 q", "B": "1"}, "2 q"),
        ({"function": "remove_postfix", "field": "A", "field_to_remove": "B"}, {"A": "Main St 4", "B": "4"}, "Main St"),
        ({"function": "first_non_empty", "fields": ["A", "B"]}, {"A": " ", "B": " x"}, " x"),
        ({"function": "constant", "value": "x"}, {}, "x"),
        ({"function": "map", "field": "A", "mapping": {"a": 1}, "else": 5}, {"A": "a"}, 1),
        ({"function": "map", "field": "A", "mapping": {"a": 1}, "else": 5}, {"A": "b"}, 5),
        ({"function": "mph_to_kph", "field": "A"}, {"A": "55"}, "89"),
        ({"function": "mph_to_kph", "field": "A"}, {"A": "fast"}, ""),
        ({"function": "format", "fields": ["A", "B"], "format": "foo $1-$2 bar"}, {"A": "", "B": "x"}, "foo x bar"),
        ({"function": "format", "fields": ["A", "B"], "format": "$1-$2"}, {"A": "12.0", "B": "x"}, "12-x"),
        ({"function": "format", "fields": ["A"], "format": "no $1"}, {"A": ""}, ""),
    ],
)
def test_apply_rule_gives_what_the_table_says(rule: Any, row: dict[str, str | None], expected: Any) -> None:
    assert one(rule, **row) == expected


def test_apply_chain_hands_each_result_on() -> None:
    steps = [
        {"function": "postfixed_street", "field": "A", "may_contain_units": True},
        {"function": "regexp", "field": "V", "pattern": "^(.*) St$", "replace": "$1 Street"},
    ]
    assert one({"function": "chain", "variable": "V", "functions": steps}, A="12 Main St Apt 4") == "Main Street"


@pytest.mark.parametrize("rule", [{"pattern": "("}, {"pattern": "a", "replace": "$1"}])
def test_apply_unusable_regexp_is_a_failure_of_the_source(rule: dict[str, str]) -> None:
    with pytest.raises(TaskFailure) as caught:
        one({"function": "regexp", "field": "A", **rule}, A="a")
    assert caught.value.code == "source.regexp"
