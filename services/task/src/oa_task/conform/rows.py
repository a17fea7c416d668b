"""A batch of raw features to the attributes of its layer."""

import json
from difflib import get_close_matches
from typing import Any

import polars as pl

from oa_task.conform import functions
from oa_task.conform.regexps import time_limit
from oa_task.definition import ATTRIBUTES, Entry, rule_columns
from oa_task.failure import TaskFailure
from oa_task.features import Attributes, FeatureBatch

_TRIMMED = ("number", "street", "unit")
_BATCH_LIMIT_S = 60.0
_FORGIVING = frozenset({"join", "first_non_empty", "map", "mph_to_kph", "constant"})


def conform_batch(batch: FeatureBatch, entry: Entry) -> Attributes:
    """Return the attributes of the layer in output order, each a column as long as the batch."""
    columns: dict[str, functions.Column] = {name: batch.columns[name].to_list() for name in batch.columns.columns}
    height = len(batch)
    made: dict[str, list[Any]] = {}
    with time_limit(_BATCH_LIMIT_S, f"conforming the rows from {batch.first_row + 1} on"):
        for attribute, rule in entry.rules.items():
            made[attribute] = functions.apply(columns, rule, height)
            columns[f"oa:{attribute}"] = ["" if value is None else str(value) for value in made[attribute]]
    return _as_frame({name: _cleaned(name, entry.layer, made.get(name), height) for name in ATTRIBUTES[entry.layer]})


def check_columns(batch: FeatureBatch, entry: Entry) -> None:
    """Raise TaskFailure source.columns_missing for columns that a rule cannot do without."""
    there = set(batch.columns.columns) | {f"oa:{name}" for name in entry.rules}
    missing = {
        column
        for rule in entry.rules.values()
        if isinstance(rule, dict) and rule["function"] not in _FORGIVING | {"chain"}
        for column in rule_columns(rule)
        if column not in there
    }
    if missing:
        named = ", ".join(_with_nearest(column, there | set(batch.available)) for column in sorted(missing))
        raise TaskFailure("source.columns_missing", f"the data lacks {named}")


def run_tests(entry: Entry) -> None:
    """Run the acceptance tests of a source. Raises TaskFailure source.test_failed with what was expected and got."""
    for test in entry.tests:
        columns = {name: [str(value)] for name, value in test["inputs"].items()}
        made = {name: functions.apply(columns, rule, 1)[0] for name, rule in entry.rules.items()}
        for name, expected in test["expected"].items():
            got = _cleaned(name, entry.layer, [made.get(name)], 1)[0]
            if got != expected:
                text = (
                    f"{test.get('description', 'test')}: {name} of {test['inputs']} is {got!r}, expected {expected!r}"
                )
                raise TaskFailure("source.test_failed", text)


def _as_frame(made: dict[str, list[Any]]) -> Attributes:
    encoded = {name for name, values in made.items() if any(not isinstance(value, str | None) for value in values)}
    texts = {name: [_encoded(value) for value in made[name]] if name in encoded else made[name] for name in made}
    return Attributes(pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String)), frozenset(encoded))


def _encoded(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _with_nearest(column: str, there: set[str]) -> str:
    near = get_close_matches(column, there, n=1)
    return f"{column!r} (nearest: {near[0]!r})" if near else repr(column)


def _cleaned(name: str, layer: str, values: list[Any] | None, height: int) -> list[Any]:
    if values is None:
        return [""] * height
    if layer != "addresses" or name not in _TRIMMED:
        return values
    texts = ("" if value is None else str(value).strip() for value in values)
    if name != "number":
        return list(texts)
    return [text.removesuffix(".0") for text in texts]
