"""Columns of JSON values as text, as the rules see them (ENGINE part A, section 6)."""

from typing import Any

import polars as pl

from oa_task.read.columns import plain_line_ends, text
from oa_task.runtime.failure import TaskFailure

_INT64 = 2**63
_Nothing = type(None)


def json_column(values: list[Any]) -> pl.Series:
    """Return values as text, "" for null. Raises TaskFailure source.format for a value without depth limit."""
    kinds = set(map(type, values)) - {_Nothing}
    if kinds == {int} and all(value is None or -_INT64 <= value < _INT64 for value in values):
        return pl.Series(values, dtype=pl.Int64).cast(pl.String).fill_null("")
    try:
        texts = values if kinds <= {str} else [_text(value) for value in values]
    except RecursionError as error:
        raise TaskFailure("source.format", "a property is a list or an object that is nested too deeply") from error
    try:
        series = pl.Series(texts, dtype=pl.String)
    except UnicodeEncodeError:
        series = pl.Series([_paired(value) for value in texts], dtype=pl.String)
    return plain_line_ends(series).fill_null("")


def has_rounded_integer(values: list[Any]) -> bool:
    """Tell whether a number may have been an integer of more digits than a float holds."""
    return any(type(value) is float and abs(value) >= _INT64 for value in values)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return str(_shortest(value))
    return text(_shortest(value)) if isinstance(value, list | dict) else text(value)


def _shortest(value: Any) -> Any:
    """Return a value with whole numbers as integers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _shortest(item) for key, item in value.items()}
    return [_shortest(item) for item in value] if isinstance(value, list) else value


def _paired(value: str | None) -> str | None:
    """Return text with U+FFFD for the halves of characters that JSON can hold and UTF-8 cannot."""
    return None if value is None else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
