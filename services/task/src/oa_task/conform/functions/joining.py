"""Several columns into one text."""

import re
from collections.abc import Iterable

import polars as pl

from oa_task.conform.columns import WHITE_SPACE, Columns
from oa_task.conform.values import NOTHING, Function, RuleResult
from oa_task.runtime.failure import TaskFailure

_REFERENCE = re.compile(r"\$([0-9]+)")
_MOST_REFERENCES = 100
_LONGEST_NUMBER = 9


def join(rule: Function, columns: Columns) -> RuleResult:
    """Join the trimmed, non-empty values; an absent column makes the attribute empty."""
    if any(field not in columns for field in rule["fields"]):
        return RuleResult(NOTHING)
    return RuleResult(_joined(columns, rule["fields"], rule.get("separator", " ")))


def join_list(fields: list[str], columns: Columns) -> RuleResult:
    """Join the trimmed, non-empty values of those columns that are there with spaces."""
    there = [field for field in fields if field in columns]
    return RuleResult(_joined(columns, there, " ") if there else pl.lit(""))


def first_non_empty(rule: Function, columns: Columns) -> RuleResult:
    """Return the first value that is more than white space, as it stands."""
    texts = [columns.text(field) for field in rule["fields"] if field in columns]
    return RuleResult(pl.coalesce(*(pl.when(_trimmed(text) != "").then(text) for text in texts), NOTHING))


def format_(rule: Function, columns: Columns) -> RuleResult:
    """Fill in `$n`, each trimmed and without a `.0` at its end, leaving out the text before an empty one.

    The text before the first `$n` and after the last stays, unless all are empty: then so is the result. A `$n` that
    counts no field goes with the text before it. Raises TaskFailure source.schema.
    """
    *pieces, tail = _REFERENCE.split(rule["format"])
    references = list(zip(pieces[::2], pieces[1::2], strict=True))
    if len(references) > _MOST_REFERENCES:
        raise TaskFailure("source.schema", f"{columns.pointer}/format has more than {_MOST_REFERENCES} references")
    parts: list[pl.Expr] = []
    are_filled: list[pl.Expr] = []
    for place, (before, number) in enumerate(references):
        field = _field(rule["fields"], number)
        if field is None:
            continue
        value = _trimmed(columns.text(field))
        is_wanted = pl.lit(value=True) if place == 0 else (value != "") & _any(are_filled)
        parts += [pl.when(is_wanted).then(pl.lit(before)).otherwise(pl.lit("")), value.str.strip_suffix(".0")]
        are_filled.append(value != "")
    filled = pl.concat_str([*parts, pl.lit(tail)])
    return RuleResult(pl.when(_any(are_filled)).then(filled).otherwise(pl.lit("")))


def _joined(columns: Columns, fields: Iterable[str], separator: str) -> pl.Expr:
    trimmed = [_trimmed(columns.text(field)) for field in fields]
    return pl.concat_str([pl.when(text != "").then(text) for text in trimmed], separator=separator, ignore_nulls=True)


def _trimmed(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars(WHITE_SPACE)


def _any(are_true: list[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(are_true) if are_true else pl.lit(value=False)


def _field(fields: list[str], number: str) -> str | None:
    is_one = len(number) <= _LONGEST_NUMBER and 0 < int(number) <= len(fields)
    return fields[int(number) - 1] if is_one else None
