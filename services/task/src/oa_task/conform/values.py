"""What a rule makes: a column of text, and of JSON text where its values are not all text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

Column = pl.Expr | pl.Series
Function = Mapping[str, Any]
NOTHING = pl.lit(None, dtype=pl.String)


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of a rule: null where it gave nothing.

    `text` is what other rules read. `encoded` holds the same values as JSON text, for rules that make numbers and the
    like; None says that every value is text.
    """

    text: Column
    encoded: Column | None = None


def as_text(value: Any) -> str:
    """Return a JSON value as the rules read it: Python's text for all that is no text, empty for null."""
    return "" if value is None else str(value)


def as_json(value: Any) -> str:
    """Return a JSON value as the output holds it: empty text for null."""
    return json.dumps("" if value is None else value)
