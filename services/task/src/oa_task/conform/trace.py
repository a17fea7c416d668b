"""A trace of how rules produce the attributes of one row: what each function reads and returns."""

from dataclasses import dataclass, replace

import numpy as np
import orjson

from oa_task.conform.columns import Columns
from oa_task.conform.rows import conform_columns
from oa_task.conform.values import Function, RuleResult
from oa_task.definition.task_entry import ATTRIBUTES, Rule, TaskEntry, rule_columns
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points


@dataclass(frozen=True, slots=True)
class Step:
    """The application of one rule.

    `function` is the name of the function, or `column`, `list` or `number` for the other forms of a rule. `read` has
    the value of each column that the rule names, None for an absent one. `result` is its value as text, None for
    nothing. `steps` are the steps of a chain.
    """

    pointer: str
    function: str
    read: dict[str, str | None]
    result: str | None
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeTrace:
    """An attribute in the output, and the application of its rule; None for an attribute without a rule."""

    attribute: str
    value: object
    step: Step | None


def trace_row(batch: FeatureBatch, entry: TaskEntry, index: int) -> list[AttributeTrace]:
    """Conform the row at an index of the batch; return a trace of each attribute in output order."""
    columns = _TracedColumns(_single_row(batch, index), entry.layer, BadRows(), pointer=f"{entry.pointer}/conform")
    attributes = conform_columns(columns, entry)
    row = attributes.frame.row(0, named=True)
    return [
        AttributeTrace(
            name, _value(row[name], is_json=name in attributes.encoded), columns.step(name, entry.rules.get(name))
        )
        for name in ATTRIBUTES[entry.layer]
    ]


class _TracedColumns(Columns):
    """The columns of one row; they record the result of each rule."""

    def __init__(self, batch: FeatureBatch, layer: str, bad_rows: BadRows, *, pointer: str) -> None:
        super().__init__(batch, layer, bad_rows, pointer=pointer)
        self._steps: dict[str, Step] = {}

    def observe(self, rule: list[str] | Function, result: RuleResult) -> None:
        is_chain = not isinstance(rule, list) and rule["function"] == "chain"
        inner = [pointer for pointer in self._steps if pointer.startswith(f"{self.pointer}/functions/")]
        self._steps[self.pointer] = Step(
            self.pointer,
            "list" if isinstance(rule, list) else rule["function"],
            {} if is_chain else self._input_values(rule),
            self.evaluate(result.text)[0],
            tuple(self._steps.pop(pointer) for pointer in inner),
        )

    def step(self, attribute: str, rule: Rule | None) -> Step | None:
        """Return the application of the rule of an attribute, None without a rule."""
        pointer = f"{self.pointer}/{attribute}"
        if rule is None or pointer in self._steps:
            return self._steps.get(pointer)
        if isinstance(rule, str):
            read = self._input_values(rule)
            return Step(pointer, "column", read, read[rule])
        return Step(pointer, "number", {}, str(rule))

    def _input_values(self, rule: Rule | Function) -> dict[str, str | None]:
        return {name: self.values(name)[0] if name in self else None for name in rule_columns(rule)}


def _single_row(batch: FeatureBatch, index: int) -> FeatureBatch:
    row = batch.first_row + index if batch.rows is None else int(batch.rows[index])
    missing = np.full(1, np.nan)
    return replace(
        batch, first_row=row, columns=batch.columns.slice(index, 1), geometry=Points(missing, missing), rows=None
    )


def _value(text: str | None, *, is_json: bool) -> object:
    return orjson.loads(text) if is_json and text is not None else text
