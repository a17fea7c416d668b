"""The acceptance tests that definitions bring along."""

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
def test_run_tests_test_that_holds_passes(inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    run_tests(entry(_RULES, tests=[{"inputs": inputs, "expected": expected}]))


@pytest.mark.parametrize("expected", [{"number": 12}, {"number": "13"}, {"pid": ""}])
def test_run_tests_failing_test_names_input_expected_and_got(expected: dict[str, Any]) -> None:
    with pytest.raises(TaskFailure) as caught:
        run_tests(entry(_RULES, tests=[{"description": "numbers", "inputs": {"A": "12 Main"}, "expected": expected}]))
    (name, wanted), got = next(iter(expected.items())), "'12'" if "number" in expected else "None"
    assert caught.value.code == "source.test_failed"
    assert caught.value.message == f"numbers: {name} of {{'A': '12 Main'}} is {got}, expected {wanted!r}"


def test_run_tests_number_for_true_is_not_the_same() -> None:
    rules = {"id": {"function": "constant", "value": True}}
    with pytest.raises(TaskFailure):
        run_tests(entry(rules, tests=[{"inputs": {}, "expected": {"id": 1}}]))
