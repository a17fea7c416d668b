"""The result of a rule: a column of text, and a column of JSON text if the values are not all text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

Column = pl.Expr | pl.Series
Function = Mapping[str, Any]  # a function in a conform; the schema of definitions has validated its members
NOTHING = pl.lit(None, dtype=pl.String)


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of a rule, null where the rule returns nothing.

    Other rules read `text`. `encoded` holds the same values as JSON text, for rules that return numbers, booleans,
    lists or objects; None means that every value is text.
    """

    text: Column
    encoded: Column | None = None


def as_text(value: object) -> str:
    """Return a JSON value as the text that rules read: empty for null, Python's text for other types."""
    return "" if value is None else str(value)


def as_json(value: object) -> str:
    """Return a JSON value as JSON for the output: empty text for null."""
    return json.dumps("" if value is None else value)
