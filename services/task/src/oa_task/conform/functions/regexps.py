"""`regexp`: groups of the first match, or every match replaced."""

import re
from functools import cache

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.patterns.expression import Expression, compile_expression
from oa_task.conform.patterns.matching import match_column
from oa_task.conform.patterns.templates import python_template, rust_template
from oa_task.conform.values import Function, RuleResult


def regexp(rule: Function, columns: Columns) -> RuleResult:
    """Replace every match, or join the groups of the first one. Raises TaskFailure source.regexp, …_timeout."""
    found = compile_expression(rule["pattern"])
    if rule.get("replace"):
        return _replaced(columns, rule["field"], found, rule["replace"])
    return first_groups(columns, rule["field"], found)


def first_groups(columns: Columns, field: str, found: Expression) -> RuleResult:
    """Return the groups of the first match joined, nothing standing for those that did not take part."""

    def in_python(value: str) -> str:
        match = found.python.search(value)
        return "".join(group or "" for group in match.groups()) if match else ""

    def in_rust(text: pl.Expr) -> pl.Expr:
        return _rust_groups(text, found)

    return RuleResult(match_column(columns, field, found, in_rust=in_rust, in_python=in_python))


def _rust_groups(text: pl.Expr, found: Expression) -> pl.Expr:
    pattern, count = (found.translation.rust if found.translation else ""), found.python.groups
    if count == 0:
        return text.str.head(0)
    if count == 1:
        return text.str.extract(pattern, 1).fill_null("")
    groups = text.str.extract_groups(pattern).struct
    return pl.concat_str([groups.field(str(number + 1)) for number in range(count)], ignore_nulls=True)


def _replaced(columns: Columns, field: str, found: Expression, replace: str) -> RuleResult:
    template, rust = _templates(found.python, replace)

    def in_python(value: str) -> str:
        return found.python.sub(template, value)

    def in_rust(text: pl.Expr) -> pl.Expr:
        return _rust_replaced(text, found, rust or "")

    is_same = found.translation is not None and found.translation.is_once and rust is not None
    return RuleResult(match_column(columns, field, found, in_rust=in_rust if is_same else None, in_python=in_python))


def _rust_replaced(text: pl.Expr, found: Expression, template: str) -> pl.Expr:
    """Replace every match; taking a group out is faster where that is all there is to do."""
    pattern, whole = (found.translation.rust, found.translation.whole_groups) if found.translation else ("", ())
    for group in whole:
        if template == f"${{{group}}}":
            return text.str.extract(pattern, group).fill_null(text)
    return text.str.replace_all(pattern, template)


@cache
def _templates(pattern: re.Pattern[str], replace: str) -> tuple[str, str | None]:
    template = python_template(replace, pattern)
    return template, rust_template(template, pattern)
