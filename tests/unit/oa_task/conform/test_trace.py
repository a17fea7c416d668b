"""What is told of how a row's attributes came about."""

from typing import Any

import numpy as np
import polars as pl

from oa_task.conform.trace import AttributeTrace, Step, trace_row
from oa_task.definition.source_entry import SourceEntry
from oa_task.features.batch import FeatureBatch, Points


def traced(rules: dict[str, Any], rows: list[dict[str, str]], place: int = 0) -> dict[str, AttributeTrace]:
    entry = SourceEntry("addresses", "city", (), "http", None, {"format": "csv"}, rules, pointer="/layers/addresses/0")
    nowhere = np.full(len(rows), np.nan)
    batch = FeatureBatch(100, pl.DataFrame(rows), Points(nowhere, nowhere))
    return {trace.attribute: trace for trace in trace_row(batch, entry, place)}


def test_trace_row_column_tells_its_raw_value_and_the_cleaned_one() -> None:
    trace = traced({"number": "NR"}, [{"NR": "1"}, {"NR": " 12.0 "}], place=1)["number"]
    assert trace.value == "12"
    assert trace.step == Step("/layers/addresses/0/conform/number", "column", {"NR": " 12.0 "}, " 12.0 ")


def test_trace_row_function_tells_what_it_read_and_made() -> None:
    rule = {"function": "join", "fields": ["A", "B"]}
    trace = traced({"street": rule}, [{"A": "Main", "B": "St"}])["street"]
    assert trace.step is not None
    assert (trace.step.function, trace.step.read, trace.step.made) == ("join", {"A": "Main", "B": "St"}, "Main St")


def test_trace_row_column_that_is_not_there_is_none() -> None:
    trace = traced({"id": {"function": "join", "fields": ["A", "Z"]}}, [{"A": "x"}])["id"]
    assert trace.value == ""
    assert trace.step is not None
    assert (trace.step.read, trace.step.made) == ({"A": "x", "Z": None}, None)


def test_trace_row_chain_tells_each_step_with_what_the_one_before_made() -> None:
    steps = [
        {"function": "postfixed_street", "field": "A"},
        {"function": "regexp", "field": "oa:V", "pattern": "St$", "replace": "Street"},
    ]
    step = traced({"street": {"function": "chain", "variable": "V", "functions": steps}}, [{"A": "1 Main St"}])[
        "street"
    ].step
    assert step is not None
    assert [(inner.function, inner.read, inner.made) for inner in step.steps] == [
        ("postfixed_street", {"A": "1 Main St"}, "Main St"),
        ("regexp", {"oa:V": "Main St"}, "Main Street"),
    ]
    assert [inner.pointer[-12:] for inner in step.steps] == ["/functions/0", "/functions/1"]


def test_trace_row_number_and_mapped_number_stay_numbers() -> None:
    rule = {"function": "map", "field": "A", "mapping": {"x": 1}}
    assert traced({"accuracy": rule}, [{"A": "x"}])["accuracy"].value == 1
    trace = traced({"accuracy": 3}, [{"A": "x"}])["accuracy"]
    assert trace.value == 3
    assert trace.step is not None
    assert trace.step.function == "number"


def test_trace_row_attribute_without_rule_has_no_step() -> None:
    assert traced({}, [{"A": "x"}])["city"] == AttributeTrace("city", "", None)
