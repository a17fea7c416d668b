"""Functions that return a value from the definition, or look one up by a key."""

import ast
import json
import warnings

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.values import NOTHING, Function, RuleResult, as_json, as_text

_MAX_CHARACTERS = 100_000


def constant(rule: Function, _columns: Columns) -> RuleResult:
    """Return the value in the rule, of any JSON type; null becomes empty."""
    value = rule["value"]
    return RuleResult(pl.lit(as_text(value)), None if isinstance(value, str | None) else pl.lit(as_json(value)))


def map_(rule: Function, columns: Columns) -> RuleResult:
    """Return the value of the mapping for the exact text, else `else`, else empty text; null becomes empty."""
    if rule["field"] not in columns:
        return RuleResult(NOTHING)
    keys, values, otherwise = list(rule["mapping"]), list(rule["mapping"].values()), rule.get("else")
    text = columns.text(rule["field"])
    is_all_text = all(isinstance(value, str | None) for value in [*values, otherwise])
    as_texts = _look_up(text, keys, [as_text(value) for value in values], as_text(otherwise))
    if is_all_text:
        return RuleResult(as_texts)
    return RuleResult(as_texts, _look_up(text, keys, [as_json(value) for value in values], as_json(otherwise)))


def get(rule: Function, columns: Columns) -> RuleResult:
    """Return one item of a list or an object, written as JSON or as a Python literal; empty for a missing item."""
    key = rule.get("index", rule.get("key"))
    known: dict[str, str] = {}
    values = columns.values(rule["field"]).to_list()
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
        for value in values:
            if value not in known:
                known[value] = _item(_parse(value), key)
    return RuleResult(pl.Series([known[value] for value in values], dtype=pl.String))


def _look_up(text: pl.Expr, keys: list[str], values: list[str], default: str) -> pl.Expr:
    new = pl.Series(values, dtype=pl.String)
    return text.replace_strict(keys, new, default=pl.lit(default), return_dtype=pl.String)


def _parse(value: str) -> object:
    """Return the value of a JSON text or Python literal, None for any other text; literal_eval runs no code."""
    if len(value) > _MAX_CHARACTERS:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            parsed: object = parse(value)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        return parsed
    return None


def _item(value: object, key: object) -> str:
    if isinstance(value, dict):
        return as_text(value.get(str(key)))
    index = _index(key)
    if isinstance(value, list | tuple) and index is not None and -len(value) <= index < len(value):
        return as_text(value[index])
    return ""


def _index(key: object) -> int | None:
    try:
        return int(key) if isinstance(key, str | int | float) else None
    except ValueError:
        return None
