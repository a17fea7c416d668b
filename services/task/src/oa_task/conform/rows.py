"""A batch of raw features to the attributes of its layer."""

from typing import Any

import polars as pl

from oa_task.conform.columns import WHITE_SPACE, Columns
from oa_task.conform.rules import apply_rule
from oa_task.conform.values import NOTHING, RuleResult, as_json, as_text
from oa_task.definition.source_entry import ATTRIBUTES, SourceEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch

_NO_VALUE = '""'  # empty text in JSON
_TRIMMED = frozenset({"number", "street", "unit"})


def conform_batch(batch: FeatureBatch, entry: SourceEntry, bad_rows: BadRows | None = None) -> Attributes:
    """Return the attributes of the layer in output order, each a column as long as the batch.

    To be called in the main thread, where matching can be timed. Rows in which a function fails keep their place
    without the value and are counted. Raises TaskFailure source.regexp, source.regexp_timeout, source.schema.
    """
    return conform_columns(
        Columns(batch, entry.layer, bad_rows or BadRows(), pointer=f"{entry.pointer}/conform"), entry
    )


def conform_columns(columns: Columns, entry: SourceEntry) -> Attributes:
    """Apply an entry's functions in their order, then choose and clean what the output has of each attribute."""
    for attribute, rule in entry.rules.items():
        if isinstance(rule, list | dict):
            with columns.inside(attribute):
                columns.keep(f"oa:{attribute}", apply_rule(rule, columns, attribute))
    names = ATTRIBUTES[entry.layer]
    made = {name: _output(name, entry, columns) for name in names}
    encoded = {name: column.encoded for name, column in made.items() if column.encoded is not None}
    return Attributes(columns.take({name: made[name].text for name in names} | encoded), frozenset(encoded))


def _output(attribute: str, entry: SourceEntry, columns: Columns) -> RuleResult:
    """Return an attribute as the output has it: plain columns as they are after all functions."""
    made = _made(attribute, entry.rules.get(attribute), columns)
    if entry.layer != "addresses" or attribute not in _TRIMMED:
        return made
    trimmed = made.text.fill_null("").str.strip_chars(WHITE_SPACE)
    return RuleResult(trimmed.str.strip_suffix(".0") if attribute == "number" else trimmed)


def _made(attribute: str, rule: Any, columns: Columns) -> RuleResult:
    if rule is None:
        return RuleResult(pl.lit(""))
    if isinstance(rule, str):
        return RuleResult(columns.text(rule) if rule in columns else NOTHING)
    if isinstance(rule, int | float):
        return RuleResult(pl.lit(as_text(rule)), pl.lit(as_json(rule)))
    made = columns.made(f"oa:{attribute}")
    return made if made.encoded is None else RuleResult(made.text, made.encoded.fill_null(_NO_VALUE))
