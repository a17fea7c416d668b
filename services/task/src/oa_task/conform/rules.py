"""Application of a rule, in any of its forms, to columns."""

from collections.abc import Callable

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.functions.addresses import postfixed_street, postfixed_unit, prefixed_number
from oa_task.conform.functions.joining import first_non_empty, format_, join, join_list
from oa_task.conform.functions.lookups import constant, get, map_
from oa_task.conform.functions.regexps import regexp
from oa_task.conform.functions.removal import remove_postfix, remove_prefix
from oa_task.conform.functions.speeds import mph_to_kph
from oa_task.conform.rule_walk import own_variable
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
MAX_BYTES = 64 * 1024 * 1024


def apply_rule(rule: list[str] | Function, columns: Columns, target: str) -> RuleResult:
    """Return the result of a list or a function; `target` is the attribute, or the variable of the enclosing chain."""
    result = _apply(rule, columns, target)
    columns.observe(rule, result)
    return result


def chain(rule: Function, columns: Columns, target: str) -> RuleResult:
    """Run the steps of a chain; each may read the result so far as `oa:<variable>`, or as `<variable>` if not empty.

    A step without a result keeps the earlier one. Without a variable, or with the name of an attribute or of a column
    of the data, the target is the variable, and a row without any result is a bad row.
    """
    own = own_variable(rule, columns.native, columns.layer)
    variable = own or target
    result = RuleResult(pl.lit("") if own else NOTHING)
    columns.store(f"oa:{variable}", result)
    if own:
        columns.store(own, result)
    for index, step in enumerate(rule["functions"]):
        with columns.inside("functions", index):
            result = _latest(apply_rule(step, columns, variable), result, columns)
            _check_size(result, columns)
        text, before = result.text, columns.text(variable)
        columns.store(f"oa:{variable}", result)
        columns.store(variable, RuleResult(pl.when(pl.lit(text) != "").then(pl.lit(text)).otherwise(before)))
    empty = columns.evaluate(result.text).is_null().arg_true().to_list()
    columns.note("chain", empty, ())
    return result


def _apply(rule: list[str] | Function, columns: Columns, target: str) -> RuleResult:
    if isinstance(rule, list):
        return join_list(rule, columns)
    if rule["function"] == "chain":
        return chain(rule, columns, target)
    return FUNCTIONS[rule["function"]](rule, columns)


def _latest(new: RuleResult, before: RuleResult, columns: Columns) -> RuleResult:
    """Return the values of the new result, and those of the earlier one where the new one has nothing."""
    text = columns.evaluate(new.text)
    is_nothing = text.is_null()
    texts = columns.evaluate(before.text)
    if new.encoded is None and before.encoded is None:
        return RuleResult(text.zip_with(~is_nothing, texts))
    encoded = _encode(new, columns).zip_with(~is_nothing, _encode(before, columns))
    return RuleResult(text.zip_with(~is_nothing, texts), encoded)


def _check_size(result: RuleResult, columns: Columns) -> None:
    """Raise TaskFailure source.too_large for a chain that keeps doubling its text."""
    size_bytes = int(columns.evaluate(result.text).str.len_bytes().sum() or 0)
    if size_bytes > MAX_BYTES:
        text = f"{columns.pointer} produces {size_bytes:,} bytes of text from one batch; the limit is {MAX_BYTES:,}"
        raise TaskFailure("source.too_large", text)


def _encode(result: RuleResult, columns: Columns) -> pl.Series:
    """Return the values as JSON text."""
    if result.encoded is not None:
        return columns.evaluate(result.encoded)
    return pl.Series([as_json(value) for value in columns.evaluate(result.text).to_list()], dtype=pl.String)
