"""Comparison of the engine with the reference, for one definition and a few rows."""

import json
import re
from typing import Any

import numpy as np
import polars as pl

from bench.reference.rows import RowRules
from oa_task.conform.rows import conform_batch
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch, Points
from oa_task.runtime.failure import TaskFailure

Properties = list[dict[str, Any]]


def by_engine(
    layer: str, rules: dict[str, Any], rows: list[dict[str, str]], real: frozenset[str] = frozenset()
) -> Properties | None:
    """Return the rows as the engine conforms them, None if it refuses a regular expression."""
    entry = TaskEntry(layer, "name", (), "http", None, {"format": "csv"}, rules)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    missing = np.full(len(rows), np.nan)
    try:
        batch = FeatureBatch(0, frame, Points(missing, missing), real_columns=real)
        return properties(conform_batch(batch, entry, BadRows()))
    except TaskFailure as failure:
        if failure.code != "source.regexp":
            raise
        return None


def properties(attributes: Attributes) -> Properties:
    """Return conformed attributes row by row, with JSON text decoded."""
    return [
        {name: _decode(value) if name in attributes.encoded else value for name, value in row.items()}
        for row in attributes.frame.iter_rows(named=True)
    ]


def by_reference(
    layer: str, rules: dict[str, Any], rows: list[dict[str, str]], real: frozenset[str] = frozenset()
) -> Properties | None:
    """Return the rows as the reference conforms them, None if a regular expression is invalid."""
    try:
        row_rules = RowRules(layer, rules, list(rows[0]), real)
        return [row_rules.properties(dict(row)) for row in rows]
    except (re.error, IndexError):
        return None


def difference(
    layer: str, rules: dict[str, Any], rows: list[dict[str, str]], real: frozenset[str] = frozenset()
) -> str | None:
    """Return the first difference between the two as text, None if they agree; `real` names columns of numbers."""
    engine, reference = by_engine(layer, rules, rows, real), by_reference(layer, rules, rows, real)
    if engine is None or reference is None:
        return None if engine is reference else f"engine {engine}, reference {reference}"
    for row, actual, expected in zip(rows, engine, reference, strict=True):
        if json.dumps(actual) != json.dumps(expected):
            return f"{row}: engine {actual}, reference {expected}"
    return None


def _decode(value: str | None) -> Any:
    return None if value is None else json.loads(value)
