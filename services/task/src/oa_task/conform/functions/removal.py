"""One column's value cut off another's."""

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.values import Function, RuleResult


def remove_prefix(rule: Function, columns: Columns) -> RuleResult:
    """Cut the other column's value, and then spaces, from the start; without it the value stays as it is."""
    text, prefix = columns.text(rule["field"]), columns.text(rule["field_to_remove"])
    cut = text.str.strip_prefix(prefix).str.strip_chars_start(" ")
    return RuleResult(pl.when(text.str.starts_with(prefix)).then(cut).otherwise(text))


def remove_postfix(rule: Function, columns: Columns) -> RuleResult:
    """Cut the other column's value, and then spaces, from the end; without it the value stays as it is."""
    text, postfix = columns.text(rule["field"]), columns.text(rule["field_to_remove"])
    cut = text.str.strip_suffix(postfix).str.strip_chars_end(" ")
    return RuleResult(pl.when((postfix != "") & text.str.ends_with(postfix)).then(cut).otherwise(text))
