"""The attribute functions, by their tables of cases."""

from typing import Any

import pytest

from oa_task.conform import rules
from oa_task.features.bad_rows import BadRows
from oa_task.runtime.failure import TaskFailure
from unit.oa_task.conform.conforming import conform_row, conform_rows


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
def test_apply_rule_returns_the_documented_result(rule: Any, row: dict[str, str | None], expected: Any) -> None:
    assert conform_row(rule, **row) == expected


def test_apply_chain_passes_each_result_on() -> None:
    steps = [
        {"function": "postfixed_street", "field": "A", "may_contain_units": True},
        {"function": "regexp", "field": "V", "pattern": "^(.*) St$", "replace": "$1 Street"},
    ]
    assert (
        conform_row({"function": "chain", "variable": "V", "functions": steps}, A="12 Main St Apt 4") == "Main Street"
    )


@pytest.mark.parametrize("rule", [{"pattern": "("}, {"pattern": "a", "replace": "$1"}])
def test_apply_invalid_regexp_is_a_failure_of_the_source(rule: dict[str, str]) -> None:
    with pytest.raises(TaskFailure) as caught:
        conform_row({"function": "regexp", "field": "A", **rule}, A="a")
    assert caught.value.code == "source.regexp"


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        ({"function": "format", "fields": ["A", "B"], "format": "no $1-$2"}, {"A": "", "B": "x"}, "no x"),
        ({"function": "format", "fields": ["A"], "format": "no $9 to $1."}, {"A": "x"}, "x."),
        ({"function": "format", "fields": ["A", "B"], "format": "$1-$2"}, {"A": ".0", "B": "x"}, "-x"),
        ({"function": "format", "fields": ["A"], "format": "no reference"}, {"A": "x"}, ""),
        ({"function": "format", "fields": ["A"], "format": "$1" + "$" + "9" * 5000}, {"A": "x"}, "x"),
        ({"function": "remove_prefix", "field": "A", "field_to_remove": "B"}, {"A": " x", "B": ""}, "x"),
        ({"function": "remove_prefix", "field": "A", "field_to_remove": "B"}, {"A": " x", "B": "y"}, " x"),
        ({"function": "remove_postfix", "field": "A", "field_to_remove": "B"}, {"A": "x ", "B": ""}, "x "),
        ({"function": "remove_postfix", "field": "A", "field_to_remove": "B"}, {"A": "", "B": ""}, ""),
        ({"function": "join", "fields": ["A", "B"]}, {"A": "\x1f x\u2003", "B": ""}, "x"),
        ({"function": "prefixed_number", "field": "A"}, {"A": "\u0661\u0662K Main"}, "\u0661\u0662K"),
        ({"function": "postfixed_street", "field": "A"}, {"A": "12 "}, ""),
        ({"function": "postfixed_street", "field": "A", "may_contain_units": True}, {"A": "12 "}, "12 "),
        ({"function": "postfixed_street", "field": "A"}, {"A": "1 Main\nSecond"}, "Main"),
        ({"function": "postfixed_street", "field": "A", "may_contain_units": True}, {"A": "1 Main\nSecond"}, ""),
        ({"function": "postfixed_unit", "field": "A"}, {"A": "Main Unit Rd"}, "Unit Rd"),
        ({"function": "postfixed_unit", "field": "A"}, {"A": "Unit 3"}, ""),
        ({"function": "mph_to_kph", "field": "A"}, {"A": " 25.0 "}, "40"),
        ({"function": "mph_to_kph", "field": "A"}, {"A": "nan"}, ""),
        ({"function": "map", "field": "A", "mapping": {"a": 1}}, {"A": "A"}, ""),
        ({"function": "map", "field": "A", "mapping": {"a": None, "b": True}}, {"A": "b"}, True),
        ({"function": "map", "field": "A", "mapping": {}, "else": "x"}, {"A": ""}, "x"),
        ({"function": "constant", "value": [1, {"é": None}]}, {"A": ""}, [1, {"é": None}]),
        ({"function": "constant", "value": None}, {"A": ""}, ""),
        ({"function": "constant", "value": 2}, {}, 2),
        ({"function": "get", "field": "A", "index": 1}, {"A": '["x", 2]'}, "2"),
        ({"function": "get", "field": "A", "index": -1}, {"A": "['x', 'y']"}, "y"),
        ({"function": "get", "field": "A", "key": "k"}, {"A": "{'k': 1.5}"}, "1.5"),
        ({"function": "get", "field": "A", "index": 5}, {"A": "[1]"}, ""),
        ({"function": "get", "field": "A", "index": 0}, {"A": "no list"}, ""),
        ({"function": "get", "field": "A", "index": 0}, {"A": "[" * 50_000}, ""),
        ({"function": "first_non_empty", "fields": ["Z", "A"]}, {"A": "x"}, "x"),
        ({"function": "regexp", "field": "A", "pattern": "(a)|(b)", "replace": "[$2]"}, {"A": "ab"}, "[][b]"),
        ({"function": "regexp", "field": "A", "pattern": "a", "replace": "$name"}, {"A": "a"}, "$name"),
        ({"function": "regexp", "field": "A", "pattern": "(a)", "replace": "\\1\\n"}, {"A": "a"}, "a\n"),
        ({"function": "regexp", "field": "A", "pattern": "(?P<x>a)", "replace": "<\\g<x>>"}, {"A": "a"}, "<a>"),
        ({"function": "regexp", "field": "A", "pattern": "a", "replace": ""}, {"A": "a"}, ""),
        ({"function": "regexp", "field": "A", "pattern": r"(\d+)$"}, {"A": "x 12\n"}, "12"),
        ({"function": "regexp", "field": "A", "pattern": r"(\d+)$", "replace": "n"}, {"A": "x 12\n"}, "x n\n"),
        ({"function": "regexp", "field": "A", "pattern": r"(a\b)"}, {"A": "xa\u0301"}, "a"),
        ({"function": "regexp", "field": "A", "pattern": r"(?<=x)(\d)"}, {"A": "1x2"}, "2"),
        ({"function": "regexp", "field": "A", "pattern": "(?i)(unit)"}, {"A": "un\u0131t"}, "un\u0131t"),
    ],
)
def test_apply_edge_case_returns_the_documented_result(rule: Any, row: dict[str, str], expected: Any) -> None:
    assert conform_row(rule, **row) == expected


@pytest.mark.parametrize(
    ("rule", "expected"), [("A", "12"), (["A"], "12"), ({"function": "constant", "value": 12.0}, "12")]
)
def test_conform_batch_number_is_trimmed_without_its_point_zero(rule: Any, expected: str) -> None:
    assert conform_rows({"number": rule}, {"A": ["\x1f12.0 "]}, "number") == [expected]


def test_conform_batch_other_attribute_keeps_white_space_and_point_zero() -> None:
    assert conform_row("A", A=" 12.0 ") == " 12.0 "


def test_conform_batch_integer_accuracy_stays_unchanged() -> None:
    assert conform_rows({"accuracy": 3}, {"A": ["x", "y"]}, "accuracy") == [3, 3]


def test_conform_batch_absent_value_of_a_feature_is_empty() -> None:
    assert conform_rows({"id": "A"}, {"A": [None, "x"]}) == ["", "x"]


def test_conform_batch_function_reads_the_result_of_an_earlier_one() -> None:
    rules = {
        "accuracy": {"function": "map", "field": "A", "mapping": {"x": 1}},
        "id": {"function": "join", "fields": ["oa:accuracy", "A"]},
    }
    assert conform_rows(rules, {"A": ["x"]}) == ["1 x"]


def test_conform_batch_column_is_read_after_all_functions() -> None:
    chain = {"function": "chain", "variable": "V", "functions": [{"function": "join", "fields": ["A", "A"]}]}
    assert conform_rows({"id": "V", "city": chain}, {"A": ["x"]}) == ["x x"]


def test_chain_step_without_a_result_keeps_the_earlier_one() -> None:
    steps = [{"function": "join", "fields": ["A"]}, {"function": "first_non_empty", "fields": ["B"]}]
    rule = {"function": "chain", "variable": "V", "functions": steps}
    assert conform_rows({"id": rule}, {"A": ["x", "x"], "B": ["", "y"]}) == ["x", "y"]


def test_chain_with_the_variable_of_an_earlier_chain_starts_empty() -> None:
    first = {"function": "chain", "variable": "V", "functions": [{"function": "join", "fields": ["A"]}]}
    steps = [{"function": "first_non_empty", "fields": ["B"]}, {"function": "join", "fields": ["V", "B"]}]
    assert conform_rows(
        {"city": first, "id": {"function": "chain", "variable": "V", "functions": steps}}, {"A": ["x"], "B": [""]}
    ) == [""]


def test_chain_variable_named_like_a_column_is_the_attribute() -> None:
    steps = [{"function": "join", "fields": ["A"]}, {"function": "join", "fields": ["B", "oa:id"]}]
    rule = {"function": "chain", "variable": "B", "functions": steps}
    assert conform_row(rule, A="x", B="b") == "b x"


def test_chain_without_variable_counts_rows_without_a_result() -> None:
    bad_rows = BadRows()
    rule = {"function": "chain", "functions": [{"function": "first_non_empty", "fields": ["A"]}]}
    assert conform_rows({"id": rule}, {"A": ["x", " "]}, bad_rows=bad_rows) == ["x", ""]
    (reason,) = bad_rows.report().items()
    assert reason == ("chain at /layers/addresses/0/conform/id", {"count": 1, "examples": [{"row": 2, "value": ""}]})


def test_mph_to_kph_infinite_speed_is_a_bad_row() -> None:
    bad_rows = BadRows()
    rule = {"function": "mph_to_kph", "field": "A"}
    assert conform_rows({"id": rule}, {"A": ["55", "1e400"]}, bad_rows=bad_rows) == ["89", ""]
    (report,) = bad_rows.report().values()
    assert report == {"count": 1, "examples": [{"row": 2, "value": "1e400"}]}


def test_format_with_more_than_100_references_is_refused() -> None:
    with pytest.raises(TaskFailure) as caught:
        conform_row({"function": "format", "fields": ["A"], "format": "$1" * 101}, A="x")
    assert caught.value.code == "source.schema"


def test_chain_that_keeps_doubling_its_text_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_BYTES", 100_000)
    double = {"function": "join", "fields": ["oa:V", "oa:V"]}
    steps = [{"function": "join", "fields": ["A"]}, *[double] * 40]
    with pytest.raises(TaskFailure) as caught:
        conform_row({"function": "chain", "variable": "V", "functions": steps}, A="x" * 1000)
    assert caught.value.code == "source.too_large"


@pytest.mark.parametrize("name", ["*", "^.*$", "^A$"])
def test_conform_batch_column_named_like_a_pattern_is_that_column(name: str) -> None:
    rule = {"function": "join", "fields": [name, "A"]}
    assert conform_rows({"id": rule, "city": name}, {"A": ["x"], name: [None]}) == ["x"]
    assert conform_rows({"id": rule}, {"A": ["x"], name: ["y"]}) == ["y x"]
