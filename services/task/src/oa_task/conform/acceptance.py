"""The acceptance tests of a definition."""

from collections.abc import Mapping

import numpy as np
import orjson
import polars as pl

from oa_shared.json_types import JsonObject
from oa_shared.value_text import quote_value
from oa_task.conform.missing_columns import missing_columns
from oa_task.conform.rows import conform_batch
from oa_task.conform.values import as_text
from oa_task.definition.nearest_column import name_with_nearest
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch, Points
from oa_task.runtime.failure import TaskFailure


def run_tests(entry: TaskEntry) -> None:
    """Conform the inputs of each test like a row and compare the attributes that the test expects.

    The text "12" is not the number 12. Raises TaskFailure source.test_failed with the inputs, the expected and the
    actual value.
    """
    for number, test in enumerate(entry.tests, 1):
        attributes = _conform_inputs(test["inputs"], entry)
        for name, expected in test["expected"].items():
            actual = attributes.get(name)
            if not _is_same(actual, expected):
                label = test.get("description") or f"acceptance test {number}"
                values = f"{quote_value(test['inputs'])} is {quote_value(actual)}, expected {quote_value(expected)}"
                text = f"{label}: {name} of {values}"
                raise TaskFailure("source.test_failed", text + _lacking(test["inputs"], entry, name))


def _lacking(inputs: Mapping[str, object], entry: TaskEntry, attribute: str) -> str:
    """Return which columns of an attribute's rule the inputs lack, with the nearest ones."""
    pointer = f"{entry.pointer}/conform/{attribute}"
    absent = [item.column for item in missing_columns(entry, inputs) if f"{item.pointer}/".startswith(f"{pointer}/")]
    return f"; the inputs lack {', '.join(name_with_nearest(column, inputs) for column in absent)}" if absent else ""


def _conform_inputs(inputs: Mapping[str, object], entry: TaskEntry) -> JsonObject:
    texts = {name: as_text(value) for name, value in inputs.items()}
    frame = pl.DataFrame({name: [text] for name, text in texts.items()}, schema=dict.fromkeys(texts, pl.String))
    missing = np.full(1, np.nan)
    batch = FeatureBatch(0, frame, Points(missing, missing), tuple(texts))
    return _values(conform_batch(batch, entry, BadRows()))


def _values(attributes: Attributes) -> JsonObject:
    row = attributes.frame.row(0, named=True)
    return {name: orjson.loads(text) if name in attributes.encoded and text else text for name, text in row.items()}


def _is_same(actual: object, expected: object) -> bool:
    return actual == expected and isinstance(actual, bool) == isinstance(expected, bool)
