"""The columns of one batch that rules read and write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import polars as pl

from oa_shared.failure_details import FaultyPlace
from oa_task.conform.values import Column, Function, RuleResult
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch
from oa_task.runtime.failure import TaskFailure

WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)  # the characters that Python's str.strip() removes; polars keeps \x1c to \x1f
_ROW = "\0row"  # a rule cannot name a column with a NUL, so no rule reads these two by mistake
_JSON = "\0json:"


class Columns:
    """Columns by name, without nulls: those of the data and the results of rules so far.

    Stored results are computed together when one of them is first read. `native` names the columns of the data, read
    or not; `pointer` is the JSON pointer of the current rule in the definition. `keeps_decimals` is set while the rule
    of a measure runs.
    """

    def __init__(self, batch: FeatureBatch, layer: str, bad_rows: BadRows, *, pointer: str = "") -> None:
        rows = np.arange(batch.first_row, batch.first_row + len(batch)) if batch.rows is None else batch.rows
        nulls = [column.name for column in batch.columns if column.null_count()]
        self._rows = rows
        self._frame = pl.DataFrame({_ROW: rows}).with_columns(batch.columns.get_columns())
        self._frame = self._frame.with_columns(_column(self._frame, name).fill_null("") for name in nulls)
        self.native = batch.column_names
        self._real = batch.real_columns
        self.keeps_decimals = False
        self._pending: dict[str, Column] = {}
        self._json_names: set[str] = set()
        self._written: set[str] = set()
        self.layer = layer
        self._bad_rows = bad_rows
        self._conform_pointer = self.pointer = pointer

    def __contains__(self, name: str) -> bool:
        return name in self._pending or name in self._frame.columns

    def text(self, name: str) -> pl.Expr:
        """Return the expression of a column; an absent column is empty in every row."""
        if name in self._pending:
            self._compute()
        return _column(self._frame, name) if name in self._frame.columns else pl.lit("")

    def plain_text(self, name: str) -> pl.Expr:
        """Return the expression of a column with each whole number of a column of real numbers as an integer.

        Functions that compare the exact text, such as `map` and `regexp`, read `text` instead.
        """
        text = self.text(name)
        is_whole = name in self._real and not self.keeps_decimals and name not in self._written
        return text.str.strip_suffix(".0") if is_whole else text

    def values(self, name: str) -> pl.Series:
        """Return the values of a column."""
        return self.evaluate(self.text(name))

    def evaluate(self, column: Column) -> pl.Series:
        """Return the values of an expression over the columns, one for each row."""
        return self._frame.with_columns(column.alias(_ROW))[_ROW]

    def store(self, name: str, result: RuleResult) -> None:
        """Store a result under a name, for later rules to read; they read null as empty text."""
        self._put(name, result.text.fill_null(""))
        if result.encoded is None:
            self._json_names.discard(name)
        else:
            self._put(_JSON + name, result.encoded)
            self._json_names.add(name)

    def result(self, name: str) -> RuleResult:
        """Return the result that is stored under a name."""
        return RuleResult(self.text(name), self.text(_JSON + name) if name in self._json_names else None)

    def select(self, columns: dict[str, Column]) -> pl.DataFrame:
        """Return a frame with the values of expressions over the columns, by name."""
        self._compute()
        named = [column.alias(name) for name, column in columns.items()]
        return self._frame.select(pl.col(_ROW), *named).drop(_ROW)

    def observe(self, rule: list[str] | Function, result: RuleResult) -> None:
        """Do nothing; a subclass that traces the rules records the result of each one here."""

    def note(self, reason: str, indexes: Sequence[int], values: Sequence[str]) -> None:
        """Count the rows of the batch, by index, in which the current rule failed."""
        self._bad_rows.note(f"{reason} at {self.pointer}", self._rows[list(indexes)].tolist(), values)

    def row(self, index: int) -> int:
        """Return the input row number, from 1, of a row of the batch."""
        return int(self._rows[index]) + 1

    @contextmanager
    def inside(self, *parts: str | int) -> Iterator[None]:
        """Extend the pointer by path parts for the duration of the context; a failure in it has the innermost place."""
        before = self.pointer
        self.pointer = before + "".join(f"/{part}" for part in parts)
        try:
            yield
        except TaskFailure as failure:
            if not failure.places:
                failure.places = [FaultyPlace("/conform" + self.pointer.removeprefix(self._conform_pointer))]
            raise
        finally:
            self.pointer = before

    def _put(self, name: str, column: Column) -> None:
        self._written.add(name)
        if name in self._pending:
            self._compute()
        self._pending[name] = column

    def _compute(self) -> None:
        if self._pending:
            self._frame = self._frame.with_columns(column.alias(name) for name, column in self._pending.items())
            self._pending = {}


def _column(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column by its name, even if polars would read the name as a pattern (`*`, `^…$`)."""
    is_pattern = name == "*" or (name.startswith("^") and name.endswith("$"))
    return pl.nth(frame.columns.index(name)) if is_pattern else pl.col(name)
