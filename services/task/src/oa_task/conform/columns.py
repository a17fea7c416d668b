"""The columns that rules read and make, of one batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl

from oa_task.conform.values import Column, RuleResult
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch

WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)  # what Python's str.strip() cuts; polars leaves \x1c to \x1f
_ROW = "\0row"  # no rule can name a column with a NUL, so these two cannot be read by mistake
_JSON = "\0json:"


class Columns:
    """Columns by name, none with nulls, and what was made of them so far.

    What is kept is computed together, when it is first read or taken. `native` names the columns of the data, read or
    not; `pointer` says where in the definition the rule under way stands.
    """

    def __init__(self, batch: FeatureBatch, layer: str, bad_rows: BadRows, *, pointer: str = "") -> None:
        rows = np.arange(batch.first_row, batch.first_row + len(batch)) if batch.rows is None else batch.rows
        nulls = [column.name for column in batch.columns if column.null_count()]
        self._rows = rows
        self._frame = pl.DataFrame({_ROW: rows}).with_columns(batch.columns.get_columns())
        self._frame = self._frame.with_columns(_column(self._frame, name).fill_null("") for name in nulls)
        self.native = frozenset(batch.available) | frozenset(batch.columns.columns)
        self._pending: dict[str, Column] = {}
        self._made_json: set[str] = set()
        self.layer = layer
        self._bad_rows = bad_rows
        self.pointer = pointer

    def __contains__(self, name: str) -> bool:
        return name in self._pending or name in self._frame.columns

    def text(self, name: str) -> pl.Expr:
        """Return a column to build on; one that is not there is empty in every row."""
        if name in self._pending:
            self._compute()
        return _column(self._frame, name) if name in self._frame.columns else pl.lit("")

    def values(self, name: str) -> pl.Series:
        """Return a column's values."""
        return self.evaluate(self.text(name))

    def evaluate(self, column: Column) -> pl.Series:
        """Return the values of an expression over the columns, as many as there are rows."""
        return self._frame.with_columns(column.alias(_ROW))[_ROW]

    def keep(self, name: str, made: RuleResult) -> None:
        """Let rules read what was made under a name; where it is nothing they read empty text."""
        self._put(name, made.text.fill_null(""))
        if made.encoded is None:
            self._made_json.discard(name)
        else:
            self._put(_JSON + name, made.encoded)
            self._made_json.add(name)

    def made(self, name: str) -> RuleResult:
        """Return what was kept under a name."""
        return RuleResult(self.text(name), self.text(_JSON + name) if name in self._made_json else None)

    def take(self, columns: dict[str, Column]) -> pl.DataFrame:
        """Return a frame of expressions over the columns, by name."""
        self._compute()
        chosen = [column.alias(name) for name, column in columns.items()]
        return self._frame.select(pl.col(_ROW), *chosen).drop(_ROW)

    def observe(self, rule: Any, made: RuleResult) -> None:
        """Take notice of what a rule made; for those who trace it."""

    def note(self, reason: str, places: Sequence[int], values: Sequence[str]) -> None:
        """Count rows of the batch, by place, in which the rule under way failed."""
        self._bad_rows.note(f"{reason} at {self.pointer}", self._rows[list(places)].tolist(), values)

    def row(self, place: int) -> int:
        """Return the number of a row in the input, counted from 1."""
        return int(self._rows[place]) + 1

    @contextmanager
    def inside(self, *parts: Any) -> Iterator[None]:
        """Move the pointer further into the definition for a while."""
        before = self.pointer
        self.pointer = before + "".join(f"/{part}" for part in parts)
        try:
            yield
        finally:
            self.pointer = before

    def _put(self, name: str, column: Column) -> None:
        if name in self._pending:
            self._compute()
        self._pending[name] = column

    def _compute(self) -> None:
        if self._pending:
            self._frame = self._frame.with_columns(column.alias(name) for name, column in self._pending.items())
            self._pending = {}


def _column(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column by its name, also where polars would take the name for a pattern (`*`, `^…$`)."""
    is_pattern = name == "*" or (name.startswith("^") and name.endswith("$"))
    return pl.nth(frame.columns.index(name)) if is_pattern else pl.col(name)
