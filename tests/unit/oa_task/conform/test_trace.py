"""The trace of the attributes of a row."""

from typing import Any

import numpy as np
import polars as pl

from oa_task.conform.trace import AttributeTrace, Step, trace_row
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.batch import FeatureBatch, Points


def trace_attributes(rules: dict[str, Any], rows: list[dict[str, str]], index: int = 0) -> dict[str, AttributeTrace]:
    entry = TaskEntry("addresses", "city", (), "http", None, {"format": "csv"}, rules, pointer="/layers/addresses/0")
    missing = np.full(len(rows), np.nan)
    batch = FeatureBatch(100, pl.DataFrame(rows), Points(missing, missing))
    return {trace.attribute: trace for trace in trace_row(batch, entry, index)}


def test_trace_row_column_has_its_raw_and_its_cleaned_value() -> None:
    trace = trace_attributes({"number": "NR"}, [{"NR": "1"}, {"NR": " 12.0 "}], index=1)["number"]
    assert trace.value == "12"
    assert trace.step == Step("/layers/addresses/0/conform/number", "column", {"NR": " 12.0 "}, " 12.0 ")


def test_trace_row_function_has_its_input_and_result() -> None:
    rule = {"function": "join", "fields": ["A", "B"]}
    trace = trace_attributes({"street": rule}, [{"A": "Main", "B": "St"}])["street"]
    assert trace.step is not None
    assert trace.step.function == "join"
    assert trace.step.read == {"A": "Main", "B": "St"}
    assert trace.step.result == "Main St"


def test_trace_row_absent_column_is_none() -> None:
    trace = trace_attributes({"id": {"function": "join", "fields": ["A", "Z"]}}, [{"A": "x"}])["id"]
    assert trace.value == ""
    assert trace.step is not None
    assert trace.step.read == {"A": "x", "Z": None}
    assert trace.step.result is None


def test_trace_row_chain_has_each_step_with_its_input_and_result() -> None:
    steps = [
        {"function": "postfixed_street", "field": "A"},
        {"function": "regexp", "field": "oa:V", "pattern": "St$", "replace": "Street"},
    ]
    step = trace_attributes(
        {"street": {"function": "chain", "variable": "V", "functions": steps}}, [{"A": "1 Main St"}]
    )["street"].step
    assert step is not None
    assert [(inner.function, inner.read, inner.result) for inner in step.steps] == [
        ("postfixed_street", {"A": "1 Main St"}, "Main St"),
        ("regexp", {"oa:V": "Main St"}, "Main Street"),
    ]
    assert [inner.pointer[-12:] for inner in step.steps] == ["/functions/0", "/functions/1"]


def test_trace_row_numbers_stay_numbers() -> None:
    rule = {"function": "map", "field": "A", "mapping": {"x": 1}}
    assert trace_attributes({"accuracy": rule}, [{"A": "x"}])["accuracy"].value == 1
    trace = trace_attributes({"accuracy": 3}, [{"A": "x"}])["accuracy"]
    assert trace.value == 3
    assert trace.step is not None
    assert trace.step.function == "number"


def test_trace_row_attribute_without_rule_has_no_step() -> None:
    assert trace_attributes({}, [{"A": "x"}])["city"] == AttributeTrace("city", "", None)
