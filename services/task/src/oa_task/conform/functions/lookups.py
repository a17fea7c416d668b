"""Values that stand in the definition, or that are found by a key."""

import ast
import json
import warnings
from typing import Any

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.values import NOTHING, Function, RuleResult, as_json, as_text

_LONGEST = 100_000


def constant(rule: Function, _columns: Columns) -> RuleResult:
    """Return the rule's own value, of any JSON type; null is empty."""
    value = rule["value"]
    return RuleResult(pl.lit(as_text(value)), None if isinstance(value, str | None) else pl.lit(as_json(value)))


def map_(rule: Function, columns: Columns) -> RuleResult:
    """Return what the mapping says of the exact text, else `else`, else empty text; null is empty."""
    if rule["field"] not in columns:
        return RuleResult(NOTHING)
    keys, values, otherwise = list(rule["mapping"]), list(rule["mapping"].values()), rule.get("else")
    text = columns.text(rule["field"])
    is_all_text = all(isinstance(value, str | None) for value in [*values, otherwise])
    as_texts = _replaced(text, keys, [as_text(value) for value in values], as_text(otherwise))
    if is_all_text:
        return RuleResult(as_texts)
    return RuleResult(as_texts, _replaced(text, keys, [as_json(value) for value in values], as_json(otherwise)))


def get(rule: Function, columns: Columns) -> RuleResult:
    """Return one item of a list or an object, given as JSON or as Python writes it; empty where there is none."""
    key = rule.get("index", rule.get("key"))
    known: dict[str, str] = {}
    values = columns.values(rule["field"]).to_list()
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
        for value in values:
            if value not in known:
                known[value] = _item(_parsed(value), key)
    return RuleResult(pl.Series([known[value] for value in values], dtype=pl.String))


def _replaced(text: pl.Expr, keys: list[str], values: list[str], default: str) -> pl.Expr:
    new = pl.Series(values, dtype=pl.String)
    return text.replace_strict(keys, new, default=pl.lit(default), return_dtype=pl.String)


def _parsed(value: str) -> Any:
    """Return what a text says, None where it says nothing; literal_eval runs nothing."""
    if len(value) > _LONGEST:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(value)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return None


def _item(value: Any, key: Any) -> str:
    if isinstance(value, dict):
        return as_text(value.get(str(key)))
    place = _place(key)
    if isinstance(value, list | tuple) and place is not None and -len(value) <= place < len(value):
        return as_text(value[place])
    return ""


def _place(key: Any) -> int | None:
    try:
        return int(key)
    except (TypeError, ValueError):
        return None
