"""Application of expressions to a column: by Rust, and by Python for values on which the two may differ."""

from collections.abc import Callable, Sequence

import polars as pl

from oa_shared.cpu_limit import cpu_limit
from oa_task.conform.columns import Columns
from oa_task.conform.patterns.expression import Expression
from oa_task.conform.values import Column
from oa_task.runtime.failure import TaskFailure

LIMIT_S = 15.0
_MAX_SHOWN = 80


def match_column(
    columns: Columns,
    field: str,
    expression: Expression,
    *,
    in_rust: Callable[[pl.Expr], pl.Expr] | None,
    in_python: Callable[[str], str],
) -> Column:
    """Return the values that an expression produces from a column.

    Raises TaskFailure source.regexp_timeout if Python needs more than 15 seconds for one batch.
    """
    if in_rust is None or expression.translation is None:
        values: list[str] = columns.values(field).to_list()
        return pl.Series(_run_python(columns, expression, in_python, values, range(len(values))), dtype=pl.String)
    result = in_rust(columns.text(field))
    doubtful = _doubtful_indexes(columns, field, expression)
    if not len(doubtful):
        return result
    values = columns.values(field).gather(doubtful).to_list()
    corrected = _run_python(columns, expression, in_python, values, doubtful.to_list())
    return columns.evaluate(result).scatter(doubtful, pl.Series(corrected, dtype=pl.String))


def _doubtful_indexes(columns: Columns, field: str, expression: Expression) -> pl.Series:
    """Return the indexes of the values on which the engines may differ."""
    translation, text = expression.translation, columns.text(field)
    doubts = []
    if translation is not None and translation.has_end:
        doubts.append(text.str.ends_with("\n"))
    if translation is not None and translation.has_boundary:
        doubts.append(text.str.len_bytes() != text.str.len_chars())
    if not doubts:
        return pl.Series(dtype=pl.UInt32)
    return columns.evaluate(pl.any_horizontal(doubts)).arg_true()


def _run_python(
    columns: Columns, expression: Expression, run: Callable[[str], str], values: Sequence[str], indexes: Sequence[int]
) -> list[str]:
    """Run Python's engine once on each distinct value; `indexes` are those of the values in the batch."""
    results: dict[str, str] = {}

    def current_match() -> str:
        at = next((at for at, value in enumerate(values) if value not in results), 0)
        value, pattern = values[at][:_MAX_SHOWN], expression.python.pattern[:_MAX_SHOWN]
        return f"{columns.pointer}: matching {pattern!r} in row {columns.row(indexes[at])} ({value!r})"

    def too_long() -> TaskFailure:
        return TaskFailure("source.regexp_timeout", f"{current_match()} took longer than {LIMIT_S:g} s")

    with cpu_limit(LIMIT_S, too_long):
        for value in values:
            if value not in results:
                results[value] = run(value)
    return [results[value] for value in values]
