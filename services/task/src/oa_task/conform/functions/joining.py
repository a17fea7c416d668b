"""Functions that combine several columns into one text."""

import re
from collections.abc import Iterable

import polars as pl

from oa_task.conform.columns import WHITE_SPACE, Columns
from oa_task.conform.values import NOTHING, Function, RuleResult
from oa_task.runtime.failure import TaskFailure

_REFERENCE = re.compile(r"\$([0-9]+)")
_MAX_REFERENCES = 100
_MAX_DIGITS = 9


def join(rule: Function, columns: Columns) -> RuleResult:
    """Join the trimmed, non-empty values with the separator; return nothing if a column is absent."""
    if any(field not in columns for field in rule["fields"]):
        return RuleResult(NOTHING)
    return RuleResult(_join(columns, rule["fields"], rule.get("separator", " ")))


def join_list(fields: list[str], columns: Columns) -> RuleResult:
    """Join the trimmed, non-empty values of the available columns with spaces."""
    available = [field for field in fields if field in columns]
    return RuleResult(_join(columns, available, " ") if available else pl.lit(""))


def first_non_empty(rule: Function, columns: Columns) -> RuleResult:
    """Return the first value that is more than white space, untrimmed."""
    texts = [columns.plain_text(field) for field in rule["fields"] if field in columns]
    return RuleResult(pl.coalesce(*(pl.when(_trim(text) != "").then(text) for text in texts), NOTHING))


def format_(rule: Function, columns: Columns) -> RuleResult:
    """Replace each `$n` by its value, trimmed and without a trailing `.0`; drop the text before an empty value.

    The text before the first `$n` and after the last one stays, unless all values are empty: then the result is empty
    too. A `$n` without a field is dropped with the text before it. Raises TaskFailure source.schema.
    """
    *pieces, tail = _REFERENCE.split(rule["format"])
    references = list(zip(pieces[::2], pieces[1::2], strict=True))
    if len(references) > _MAX_REFERENCES:
        raise TaskFailure("source.schema", f"{columns.pointer}/format has more than {_MAX_REFERENCES} references")
    parts: list[pl.Expr] = []
    are_filled: list[pl.Expr] = []
    for index, (before, number) in enumerate(references):
        field = _field(rule["fields"], number)
        if field is None:
            continue
        value = _trim(columns.text(field))
        has_prefix = pl.lit(value=True) if index == 0 else (value != "") & _any(are_filled)
        parts += [pl.when(has_prefix).then(pl.lit(before)).otherwise(pl.lit("")), value.str.strip_suffix(".0")]
        are_filled.append(value != "")
    filled = pl.concat_str([*parts, pl.lit(tail)])
    return RuleResult(pl.when(_any(are_filled)).then(filled).otherwise(pl.lit("")))


def _join(columns: Columns, fields: Iterable[str], separator: str) -> pl.Expr:
    trimmed = [_trim(columns.plain_text(field)) for field in fields]
    return pl.concat_str([pl.when(text != "").then(text) for text in trimmed], separator=separator, ignore_nulls=True)


def _trim(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars(WHITE_SPACE)


def _any(conditions: list[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(conditions) if conditions else pl.lit(value=False)


def _field(fields: list[str], number: str) -> str | None:
    exists = len(number) <= _MAX_DIGITS and 0 < int(number) <= len(fields)
    return fields[int(number) - 1] if exists else None
