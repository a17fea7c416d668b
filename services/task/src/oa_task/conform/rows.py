"""The attributes of a layer from a batch of raw features."""

import polars as pl

from oa_task.conform.columns import WHITE_SPACE, Columns
from oa_task.conform.rules import apply_rule
from oa_task.conform.values import NOTHING, RuleResult, as_json, as_text
from oa_task.definition.task_entry import ATTRIBUTES, MEASURES, Rule, TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch

_NO_VALUE = '""'  # empty text in JSON
_TRIMMED = frozenset({"number", "street", "unit"})


def conform_batch(batch: FeatureBatch, entry: TaskEntry, bad_rows: BadRows | None = None) -> Attributes:
    """Return the attributes of the layer in output order, each a column as long as the batch.

    Call it in the main thread, where matching can be timed. A row in which a function fails stays in the batch without
    the value, and counts as a bad row. Raises TaskFailure source.regexp, source.regexp_timeout, source.schema.
    """
    return conform_columns(
        Columns(batch, entry.layer, bad_rows or BadRows(), pointer=f"{entry.pointer}/conform"), entry
    )


def conform_columns(columns: Columns, entry: TaskEntry) -> Attributes:
    """Apply the functions of an entry in their order; return the attributes, cleaned for the output."""
    for attribute, rule in entry.rules.items():
        if isinstance(rule, list | dict):
            columns.keeps_decimals = attribute in MEASURES
            with columns.inside(attribute):
                columns.store(f"oa:{attribute}", apply_rule(rule, columns, attribute))
    names = ATTRIBUTES[entry.layer]
    results = {name: _output(name, entry, columns) for name in names}
    encoded = {name: result.encoded for name, result in results.items() if result.encoded is not None}
    return Attributes(columns.select({name: results[name].text for name in names} | encoded), frozenset(encoded))


def _output(attribute: str, entry: TaskEntry, columns: Columns) -> RuleResult:
    """Return an attribute for the output; the value of a plain column follows all functions."""
    result = _result(attribute, entry.rules.get(attribute), columns)
    if entry.layer != "addresses" or attribute not in _TRIMMED:
        return result
    trimmed = result.text.fill_null("").str.strip_chars(WHITE_SPACE)
    return RuleResult(trimmed.str.strip_suffix(".0") if attribute == "number" else trimmed)


def _result(attribute: str, rule: Rule | None, columns: Columns) -> RuleResult:
    if rule is None:
        return RuleResult(pl.lit(""))
    if isinstance(rule, str):
        columns.keeps_decimals = attribute in MEASURES
        return RuleResult(columns.plain_text(rule) if rule in columns else NOTHING)
    if isinstance(rule, int | float):
        return RuleResult(pl.lit(as_text(rule)), pl.lit(as_json(rule)))
    result = columns.result(f"oa:{attribute}")
    return result if result.encoded is None else RuleResult(result.text, result.encoded.fill_null(_NO_VALUE))
