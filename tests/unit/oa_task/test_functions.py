"""The attribute functions, by the table of their edge cases."""

from typing import Any

import pytest

from oa_task.conform.functions import apply
from oa_task.conform.regexps import time_limit
from oa_task.failure import TaskFailure


def one(rule: Any, **row: str | None) -> Any:
    return apply({name: [value] for name, value in row.items()}, rule, 1)[0]


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        ("A", {"A": "x"}, "x"),
        ("A", {}, None),
        (["A", "B", "C"], {"A": " x ", "B": " "}, "x"),
        ({"function": "join", "fields": ["A", "B"], "separator": "-"}, {"A": "1", "B": "2"}, "1-2"),
        ({"function": "join", "fields": ["A", "B"]}, {"A": "1"}, None),
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


def test_time_limit_regexp_that_backtracks_for_ever_is_ended() -> None:
    rule = {"function": "regexp", "field": "A", "pattern": "^(a+)+$"}
    with pytest.raises(TaskFailure) as caught, time_limit(0.2, "the rule"):
        one(rule, A="a" * 40 + "b")
    assert caught.value.code == "source.regexp_timeout"
