"""Expressions applied to a column: by Rust where it agrees with Python, by Python for the values where it may not."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.patterns.expression import Expression
from oa_task.conform.values import Column
from oa_task.runtime.failure import TaskFailure

LIMIT_S = 15.0
_SHOWN = 80


def match_column(
    columns: Columns,
    field: str,
    expression: Expression,
    *,
    in_rust: Callable[[pl.Expr], pl.Expr] | None,
    in_python: Callable[[str], str],
) -> Column:
    """Return what an expression makes of a column.

    Raises TaskFailure source.regexp_timeout when Python needs more than 15 seconds for one batch.
    """
    if in_rust is None or expression.translation is None:
        every: list[str] = columns.values(field).to_list()
        return pl.Series(_each(columns, expression, in_python, every, range(len(every))), dtype=pl.String)
    made = in_rust(columns.text(field))
    doubtful = _doubtful(columns, field, expression)
    if not len(doubtful):
        return made
    values: list[str] = columns.values(field).gather(doubtful).to_list()
    corrected = _each(columns, expression, in_python, values, doubtful.to_list())
    return columns.evaluate(made).scatter(doubtful, pl.Series(corrected, dtype=pl.String))


@contextmanager
def time_limit(seconds: float, what: Callable[[], str]) -> Iterator[None]:
    """End the block with TaskFailure source.regexp_timeout; only in the main thread, where signals arrive.

    Counted are the seconds that the process computes, so that a busy machine ends nothing. Matching looks for signals:
    it can be ended in the middle of a value.
    """

    def too_long(_signal: int, _frame: object) -> None:
        raise TaskFailure("source.regexp_timeout", f"{what()} took longer than {seconds:g} s")

    previous = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def _doubtful(columns: Columns, field: str, expression: Expression) -> pl.Series:
    """Return the places of the values on which the engines may differ."""
    translation, text = expression.translation, columns.text(field)
    doubts = []
    if translation is not None and translation.has_end:
        doubts.append(text.str.ends_with("\n"))
    if translation is not None and translation.has_boundary:
        doubts.append(text.str.len_bytes() != text.str.len_chars())
    if not doubts:
        return pl.Series(dtype=pl.UInt32)
    return columns.evaluate(pl.any_horizontal(doubts)).arg_true()


def _each(
    columns: Columns, expression: Expression, do: Callable[[str], str], values: Sequence[str], places: Sequence[int]
) -> list[str]:
    """Apply Python's engine, once to each different value."""
    known: dict[str, str] = {}

    def what() -> str:
        at = next((at for at, value in enumerate(values) if value not in known), 0)
        value, pattern = values[at][:_SHOWN], expression.python.pattern[:_SHOWN]
        return f"{columns.pointer}: matching {pattern!r} in row {columns.row(places[at])} ({value!r})"

    with time_limit(LIMIT_S, what):
        for value in values:
            if value not in known:
                known[value] = do(value)
    return [known[value] for value in values]
