"""Application of rules to a few rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import polars as pl

from oa_task.conform.rows import conform_batch
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points

Rows = dict[str, list[str | None]]


def entry(rules: dict[str, Any], layer: str = "addresses", **more: Any) -> TaskEntry:
    return TaskEntry(layer, "city", (), "http", None, {"format": "csv"}, rules, pointer="/layers/addresses/0", **more)


def batch(rows: Rows, *, height: int | None = None, first_row: int = 0) -> FeatureBatch:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
    missing = np.full(frame.height if height is None else height, np.nan)
    return FeatureBatch(first_row, frame, Points(missing, missing), tuple(rows))


def conform_rows(
    rules: dict[str, Any],
    rows: Rows,
    attribute: str = "id",
    bad_rows: BadRows | None = None,
    *,
    layer: str = "addresses",
    real: frozenset[str] = frozenset(),
) -> list[Any]:
    """Return the values of an attribute, decoded if they are JSON; `real` names columns of numbers with decimals."""
    features = replace(batch(rows, height=None if rows else 1), real_columns=real)
    attributes = conform_batch(features, entry(rules, layer), bad_rows)
    is_json = attribute in attributes.encoded
    return [orjson.loads(value) if is_json and value is not None else value for value in attributes.frame[attribute]]


def conform_row(rule: Any, **row: str | None) -> Any:
    return conform_rows({"id": rule}, {name: [value] for name, value in row.items()})[0]
