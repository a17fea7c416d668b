"""How one row's attributes come about: which function read what, and what it made of it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from oa_task.conform.columns import Columns
from oa_task.conform.rows import conform_columns
from oa_task.conform.values import RuleResult
from oa_task.definition.source_entry import ATTRIBUTES, SourceEntry, rule_columns
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points


@dataclass(frozen=True, slots=True)
class Step:
    """One rule at work.

    `function` is its name, or `column`, `list` or `number` for the other forms of a rule. `read` has the value of each
    column that it names, None where there is none. `made` is its result as text, None for nothing. `steps` are those
    of a chain.
    """

    pointer: str
    function: str
    read: dict[str, str | None]
    made: str | None
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeTrace:
    """An attribute in the output, and the rule that it comes from; None for one without a rule."""

    attribute: str
    value: Any
    step: Step | None


def trace_row(batch: FeatureBatch, entry: SourceEntry, place: int) -> list[AttributeTrace]:
    """Conform the row at a place of the batch, watching it; return one trace for each attribute in output order."""
    columns = _WatchedColumns(_one_row(batch, place), entry.layer, BadRows(), pointer=f"{entry.pointer}/conform")
    attributes = conform_columns(columns, entry)
    row = attributes.frame.row(0, named=True)
    return [
        AttributeTrace(
            name, _value(row[name], is_json=name in attributes.encoded), columns.step(name, entry.rules.get(name))
        )
        for name in ATTRIBUTES[entry.layer]
    ]


class _WatchedColumns(Columns):
    """Columns of one row that remember which rule made what."""

    def __init__(self, batch: FeatureBatch, layer: str, bad_rows: BadRows, *, pointer: str) -> None:
        super().__init__(batch, layer, bad_rows, pointer=pointer)
        self._steps: dict[str, Step] = {}

    def observe(self, rule: Any, made: RuleResult) -> None:
        is_chain = isinstance(rule, dict) and rule["function"] == "chain"
        inner = [pointer for pointer in self._steps if pointer.startswith(f"{self.pointer}/functions/")]
        self._steps[self.pointer] = Step(
            self.pointer,
            "list" if isinstance(rule, list) else rule["function"],
            {} if is_chain else self._read(rule),
            self.evaluate(made.text)[0],
            tuple(self._steps.pop(pointer) for pointer in inner),
        )

    def step(self, attribute: str, rule: Any) -> Step | None:
        """Return how a rule came to its result."""
        pointer = f"{self.pointer}/{attribute}"
        if rule is None or pointer in self._steps:
            return self._steps.get(pointer)
        if isinstance(rule, str):
            read = self._read(rule)
            return Step(pointer, "column", read, read[rule])
        return Step(pointer, "number", {}, str(rule))

    def _read(self, rule: Any) -> dict[str, str | None]:
        return {name: self.values(name)[0] if name in self else None for name in rule_columns(rule)}


def _one_row(batch: FeatureBatch, place: int) -> FeatureBatch:
    row = batch.first_row + place if batch.rows is None else int(batch.rows[place])
    nowhere = np.full(1, np.nan)
    return replace(
        batch, first_row=row, columns=batch.columns.slice(place, 1), geometry=Points(nowhere, nowhere), rows=None
    )


def _value(text: str | None, *, is_json: bool) -> Any:
    return orjson.loads(text) if is_json and text is not None else text
