"""A rule in any of its forms, applied to columns."""

from collections.abc import Callable
from typing import Any

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.functions.addresses import postfixed_street, postfixed_unit, prefixed_number
from oa_task.conform.functions.joining import first_non_empty, format_, join, join_list
from oa_task.conform.functions.lookups import constant, get, map_
from oa_task.conform.functions.regexps import regexp
from oa_task.conform.functions.removal import remove_postfix, remove_prefix
from oa_task.conform.functions.speeds import mph_to_kph
from oa_task.conform.missing_columns import own_variable
from oa_task.conform.values import NOTHING, Function, RuleResult, as_json
from oa_task.runtime.failure import TaskFailure

FUNCTIONS: dict[str, Callable[[Function, Columns], RuleResult]] = {
    "join": join,
    "regexp": regexp,
    "prefixed_number": prefixed_number,
    "postfixed_street": postfixed_street,
    "postfixed_unit": postfixed_unit,
    "remove_prefix": remove_prefix,
    "remove_postfix": remove_postfix,
    "first_non_empty": first_non_empty,
    "constant": constant,
    "map": map_,
    "mph_to_kph": mph_to_kph,
    "format": format_,
    "get": get,
}
MOST_BYTES = 64 * 1024 * 1024


def apply_rule(rule: Any, columns: Columns, target: str) -> RuleResult:
    """Apply a list or a function; `target` is the attribute, or the variable of the chain around it."""
    made = _applied(rule, columns, target)
    columns.observe(rule, made)
    return made


def chain(rule: Function, columns: Columns, target: str) -> RuleResult:
    """Run the steps, each of which may read what came before it as `oa:<variable>`, or as `<variable>` if not empty.

    A step that gives nothing leaves what was there. Without a variable, or with the name of an attribute or of a column
    of the data, the target is the variable, and a row to which no step gives anything is a bad one.
    """
    own = own_variable(rule, columns.native, columns.layer)
    variable = own or target
    made = RuleResult(pl.lit("") if own else NOTHING)
    columns.keep(f"oa:{variable}", made)
    if own:
        columns.keep(own, made)
    for place, step in enumerate(rule["functions"]):
        with columns.inside("functions", place):
            made = _later(apply_rule(step, columns, variable), made, columns)
            _check_size(made, columns)
        text, before = made.text, columns.text(variable)
        columns.keep(f"oa:{variable}", made)
        columns.keep(variable, RuleResult(pl.when(pl.lit(text) != "").then(pl.lit(text)).otherwise(before)))
    empty = columns.evaluate(made.text).is_null().arg_true().to_list()
    columns.note("chain", empty, ())
    return made


def _applied(rule: Any, columns: Columns, target: str) -> RuleResult:
    if isinstance(rule, list):
        return join_list(rule, columns)
    if rule["function"] == "chain":
        return chain(rule, columns, target)
    return FUNCTIONS[rule["function"]](rule, columns)


def _later(made: RuleResult, before: RuleResult, columns: Columns) -> RuleResult:
    """Return what was made, or what was there before where that is nothing, as values."""
    text = columns.evaluate(made.text)
    is_nothing = text.is_null()
    texts = columns.evaluate(before.text)
    if made.encoded is None and before.encoded is None:
        return RuleResult(text.zip_with(~is_nothing, texts))
    encoded = _encoded(made, columns).zip_with(~is_nothing, _encoded(before, columns))
    return RuleResult(text.zip_with(~is_nothing, texts), encoded)


def _check_size(made: RuleResult, columns: Columns) -> None:
    """Stop chains that double a text again and again."""
    size_bytes = int(columns.evaluate(made.text).str.len_bytes().sum() or 0)
    if size_bytes > MOST_BYTES:
        text = f"{columns.pointer} makes {size_bytes:,} bytes of text of one batch, at most {MOST_BYTES:,}"
        raise TaskFailure("source.too_large", text)


def _encoded(made: RuleResult, columns: Columns) -> pl.Series:
    if made.encoded is not None:
        return columns.evaluate(made.encoded)
    return pl.Series([as_json(value) for value in columns.evaluate(made.text).to_list()], dtype=pl.String)
