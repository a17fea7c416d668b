"""The acceptance tests of definitions."""

import json
from typing import Any

import pytest

from oa_task.conform.acceptance import run_tests
from oa_task.runtime.failure import TaskFailure
from unit.oa_task.conform.conforming import entry

_RULES = {
    "number": {"function": "prefixed_number", "field": "A"},
    "city": {"function": "regexp", "field": "B", "pattern": "^(.*)$"},
    "accuracy": {"function": "map", "field": "C", "mapping": {"x": 1}},
}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"A": "12 Main"}, {"number": "12"}),
        ({"A": 12}, {"number": ""}),
        ({"A": "12 Main", "B": None}, {"number": "12", "city": ""}),
        ({"A": "", "C": "x"}, {"accuracy": 1}),
    ],
)
def test_run_tests_passing_test_raises_nothing(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    run_tests(entry(_RULES, tests=[{"inputs": inputs, "expected": expected}]))


@pytest.mark.parametrize("expected", [{"number": 12}, {"number": "13"}, {"pid": ""}])
def test_run_tests_failing_test_names_inputs_expected_and_actual(expected: dict[str, Any]) -> None:
    with pytest.raises(TaskFailure) as caught:
        run_tests(entry(_RULES, tests=[{"description": "numbers", "inputs": {"A": "12 Main"}, "expected": expected}]))
    (name, value), actual = next(iter(expected.items())), "'12'" if "number" in expected else "null"
    assert caught.value.code == "source.test_failed"
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    details = ("numbers", name, '{"A": "12 Main"}', actual, text)
    assert [detail for detail in details if detail not in caught.value.message] == []


def test_run_tests_inputs_without_a_column_of_the_rule_name_the_nearest() -> None:
    test = {"inputs": {"a": "12 Main", "B": "x"}, "expected": {"number": "12"}}
    with pytest.raises(TaskFailure, match=r"the inputs lack 'A' \(nearest: 'a'\)$"):
        run_tests(entry(_RULES, tests=[test]))


def test_run_tests_number_differs_from_boolean() -> None:
    rules = {"id": {"function": "constant", "value": True}}
    with pytest.raises(TaskFailure):
        run_tests(entry(rules, tests=[{"inputs": {}, "expected": {"id": 1}}]))
