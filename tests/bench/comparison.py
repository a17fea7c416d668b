"""The engine against the reference, on one definition and a few rows."""

import json
import re
from typing import Any

import numpy as np
import polars as pl

from bench.reference.rows import RowRules
from oa_task.conform.rows import conform_batch
from oa_task.definition.source_entry import SourceEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch, Points
from oa_task.runtime.failure import TaskFailure

Properties = list[dict[str, Any]]


def by_engine(layer: str, rules: dict[str, Any], rows: list[dict[str, str]]) -> Properties | None:
    """Return what the engine makes of rows, None where it refuses a regular expression."""
    entry = SourceEntry(layer, "name", (), "http", None, {"format": "csv"}, rules)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    nowhere = np.full(len(rows), np.nan)
    try:
        return properties(conform_batch(FeatureBatch(0, frame, Points(nowhere, nowhere)), entry, BadRows()))
    except TaskFailure as failure:
        if failure.code != "source.regexp":
            raise
        return None


def properties(attributes: Attributes) -> Properties:
    """Return conformed attributes row by row, JSON text decoded."""
    return [
        {name: _decoded(value) if name in attributes.encoded else value for name, value in row.items()}
        for row in attributes.frame.iter_rows(named=True)
    ]


def by_reference(layer: str, rules: dict[str, Any], rows: list[dict[str, str]]) -> Properties | None:
    """Return what the reference makes of rows, None where a regular expression cannot be used."""
    try:
        ready = RowRules(layer, rules, list(rows[0]))
        return [ready.properties(dict(row)) for row in rows]
    except (re.error, IndexError):
        return None


def difference(layer: str, rules: dict[str, Any], rows: list[dict[str, str]]) -> str | None:
    """Return the first place where the two differ, as text."""
    ours, theirs = by_engine(layer, rules, rows), by_reference(layer, rules, rows)
    if ours is None or theirs is None:
        return None if ours is theirs else f"engine {ours}, reference {theirs}"
    for row, mine, other in zip(rows, ours, theirs, strict=True):
        if json.dumps(mine) != json.dumps(other):
            return f"{row}: engine {mine}, reference {other}"
    return None


def _decoded(value: str | None) -> Any:
    return None if value is None else json.loads(value)
