"""The function `regexp`: the groups of the first match, or a replacement of every match."""

import re
from functools import cache

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.patterns.expression import Expression, compile_expression
from oa_task.conform.patterns.matching import match_column
from oa_task.conform.patterns.templates import python_template, rust_template
from oa_task.conform.values import Function, RuleResult


def regexp(rule: Function, columns: Columns) -> RuleResult:
    """Replace every match, or join the groups of the first one.

    Raises TaskFailure source.regexp, source.regexp_timeout.
    """
    expression = compile_expression(rule["pattern"])
    if rule.get("replace"):
        return _replace(columns, rule["field"], expression, rule["replace"])
    return first_groups(columns, rule["field"], expression)


def first_groups(columns: Columns, field: str, expression: Expression) -> RuleResult:
    """Join the groups of the first match, without those outside of the match; empty text without a match."""

    def in_python(value: str) -> str:
        match = expression.python.search(value)
        return "".join(group or "" for group in match.groups()) if match else ""

    def in_rust(text: pl.Expr) -> pl.Expr:
        return _rust_groups(text, expression)

    return RuleResult(match_column(columns, field, expression, in_rust=in_rust, in_python=in_python))


def _rust_groups(text: pl.Expr, expression: Expression) -> pl.Expr:
    pattern, count = (expression.translation.rust if expression.translation else ""), expression.python.groups
    if count == 0:
        return text.str.head(0)
    if count == 1:
        return text.str.extract(pattern, 1).fill_null("")
    groups = text.str.extract_groups(pattern).struct
    return pl.concat_str([groups.field(str(number + 1)) for number in range(count)], ignore_nulls=True)


def _replace(columns: Columns, field: str, expression: Expression, replace: str) -> RuleResult:
    template, rust = _templates(expression.python, replace)

    def in_python(value: str) -> str:
        return expression.python.sub(template, value)

    def in_rust(text: pl.Expr) -> pl.Expr:
        return _rust_replace(text, expression, rust or "")

    translation = expression.translation
    is_same = translation is not None and translation.is_once and rust is not None
    return RuleResult(
        match_column(columns, field, expression, in_rust=in_rust if is_same else None, in_python=in_python)
    )


def _rust_replace(text: pl.Expr, expression: Expression, template: str) -> pl.Expr:
    """Replace every match; if the replacement is one group of the whole value, extract it, which is faster."""
    pattern, whole_groups = (
        (expression.translation.rust, expression.translation.whole_groups) if expression.translation else ("", ())
    )
    for group in whole_groups:
        if template == f"${{{group}}}":
            return text.str.extract(pattern, group).fill_null(text)
    return text.str.replace_all(pattern, template)


@cache
def _templates(pattern: re.Pattern[str], replace: str) -> tuple[str, str | None]:
    template = python_template(replace, pattern)
    return template, rust_template(template, pattern)
