"""The acceptance tests that a definition brings along."""

from typing import Any

import numpy as np
import orjson
import polars as pl

from oa_task.conform.rows import conform_batch
from oa_task.conform.values import as_text
from oa_task.definition.source_entry import SourceEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch, Points
from oa_task.runtime.failure import TaskFailure


def run_tests(entry: SourceEntry) -> None:
    """Conform the inputs of each test like a row. Raises TaskFailure source.test_failed with input, expected, got.

    Only the attributes that a test expects are compared; the text "12" is not the number 12.
    """
    for place, test in enumerate(entry.tests):
        made = _conformed(test["inputs"], entry)
        for name, expected in test["expected"].items():
            got = made.get(name)
            if not _is_same(got, expected):
                label = test.get("description") or f"acceptance test {place + 1}"
                text = f"{label}: {name} of {test['inputs']} is {got!r}, expected {expected!r}"
                raise TaskFailure("source.test_failed", text)


def _conformed(inputs: dict[str, Any], entry: SourceEntry) -> dict[str, Any]:
    texts = {name: as_text(value) for name, value in inputs.items()}
    frame = pl.DataFrame({name: [text] for name, text in texts.items()}, schema=dict.fromkeys(texts, pl.String))
    nowhere = np.full(1, np.nan)
    batch = FeatureBatch(0, frame, Points(nowhere, nowhere), tuple(texts))
    return _values(conform_batch(batch, entry, BadRows()))


def _values(attributes: Attributes) -> dict[str, Any]:
    row = attributes.frame.row(0, named=True)
    is_json = attributes.encoded
    return {name: orjson.loads(text) if name in is_json and text else text for name, text in row.items()}


def _is_same(got: Any, expected: Any) -> bool:
    return bool(got == expected) and isinstance(got, bool) == isinstance(expected, bool)
