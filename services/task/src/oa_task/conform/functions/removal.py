"""Functions that remove the value of one column from another."""

import polars as pl

from oa_task.conform.columns import Columns
from oa_task.conform.values import Function, RuleResult


def remove_prefix(rule: Function, columns: Columns) -> RuleResult:
    """Remove the value of the other column, then spaces, from the start; keep a value that does not start with it."""
    text, prefix = columns.plain_text(rule["field"]), columns.plain_text(rule["field_to_remove"])
    rest = text.str.strip_prefix(prefix).str.strip_chars_start(" ")
    return RuleResult(pl.when(text.str.starts_with(prefix)).then(rest).otherwise(text))


def remove_postfix(rule: Function, columns: Columns) -> RuleResult:
    """Remove the value of the other column, then spaces, from the end; keep a value that does not end with it."""
    text, postfix = columns.plain_text(rule["field"]), columns.plain_text(rule["field_to_remove"])
    rest = text.str.strip_suffix(postfix).str.strip_chars_end(" ")
    return RuleResult(pl.when((postfix != "") & text.str.ends_with(postfix)).then(rest).otherwise(text))
