"""JSON values as the text that rules read (docs/engine.md, "Reading")."""

from typing import cast

import polars as pl

from oa_task.read.columns import plain_line_ends, text
from oa_task.runtime.failure import TaskFailure

_INT64 = 2**63


def json_column(values: list[object]) -> pl.Series:
    """Return values as text, "" for null. Raises TaskFailure source.format for a value that is nested too deeply."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {int} and are_int64(values):
        return pl.Series(values, dtype=pl.Int64).cast(pl.String).fill_null("")
    try:
        texts = values if kinds <= {str} else [_text(value) for value in values]
    except RecursionError as error:
        raise TaskFailure("source.format", "a property is a list or an object with too many levels") from error
    try:
        series = pl.Series(texts, dtype=pl.String)
    except UnicodeEncodeError:
        series = pl.Series([_without_surrogates(value) for value in texts], dtype=pl.String)
    return plain_line_ends(series).fill_null("")


def has_rounded_integer(values: list[object]) -> bool:
    """Return whether a float among the values may have been an integer with more digits than a float holds."""
    return any(type(value) is float and abs(value) >= _INT64 for value in values)


def are_int64(values: list[object]) -> bool:
    """Return whether integers, not all None, fit in 64 bits."""
    integers = cast("list[int]", [value for value in values if value is not None])
    return min(integers) >= -_INT64 and max(integers) < _INT64


def _text(value: object) -> str:
    if isinstance(value, float):
        return str(_with_integers(value))
    return text(_with_integers(value)) if isinstance(value, list | dict) else text(value)


def _with_integers(value: object) -> object:
    """Return a value with each whole number as an integer."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _with_integers(item) for key, item in value.items()}
    return [_with_integers(item) for item in value] if isinstance(value, list) else value


def _without_surrogates(value: object) -> str | None:
    """Return text with U+FFFD in place of lone surrogates, which JSON can contain and UTF-8 cannot."""
    return None if value is None else str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
