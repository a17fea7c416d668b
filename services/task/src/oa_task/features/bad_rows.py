"""Unusable rows: counts by reason, with the first rows of each as examples (docs/engine.md, "Reading")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np

from oa_shared.value_text import plural
from oa_task.features.pages import FeaturePages
from oa_task.runtime.failure import TaskFailure

MAX_SHARE = 0.05
_MAX_EXAMPLES = 5
_MAX_WARNINGS = 20
_MAX_VALUE = 200


class BadRowExample(TypedDict):
    """A bad row: its number in the input, from 1, and the offending value."""

    row: int
    value: str


class BadRowReport(TypedDict):
    """The bad rows with one reason."""

    count: int
    examples: list[BadRowExample]


@dataclass(slots=True)
class _Reason:
    code: str
    count: int = 0
    examples: list[BadRowExample] = field(default_factory=list)


@dataclass(slots=True)
class BadRows:
    """The bad rows of one job. A bad row is left out, or loses its bad value; a single one never fails the source.

    Readers count every row of the input in `rows_read`, including rows left out. `left_out` counts, by reason, rows
    that are left out without being bad, such as rows whose geometry is null: they fail nothing. `pages` has what the
    data says of rows that it lacks.
    """

    reasons: dict[str, _Reason] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    rows_read: int = 0
    warnings: list[str] = field(default_factory=list)
    pages: FeaturePages = field(default_factory=FeaturePages)

    def note(
        self,
        reason: str,
        rows: Sequence[int] | np.ndarray,
        values: Sequence[str] = (),
        *,
        code: str = "source.bad_rows",
        others: int = 0,
    ) -> None:
        """Count 0-based input rows, and `others` that follow them, under a reason.

        `code` is the code of the failure that too many of them cause.
        """
        if not len(rows):
            return
        entry = self.reasons.setdefault(reason, _Reason(code))
        entry.count += len(rows) + others
        for index, row in enumerate(rows[: _MAX_EXAMPLES - len(entry.examples)]):
            value = values[index] if index < len(values) else ""
            entry.examples.append({"row": int(row) + 1, "value": value[:_MAX_VALUE]})

    def warn(self, text: str) -> None:
        """Add a warning about the data as a whole to the report, unless it is full or already has this one."""
        if len(self.warnings) < _MAX_WARNINGS and text not in self.warnings:
            self.warnings.append(text)

    def leave_out(self, reason: str, count: int) -> None:
        """Count rows that are left out without a fault, such as those with a null geometry."""
        if count:
            self.left_out[reason] = self.left_out.get(reason, 0) + count

    def check(self, rows_read: int | None = None) -> None:
        """Raise TaskFailure, with the code of the most common reason, if more than 5 % of the rows are bad."""
        rows_read = self.rows_read if rows_read is None else rows_read
        total = sum(reason.count for reason in self.reasons.values())
        if not total or total <= rows_read * MAX_SHARE:
            return
        name, worst = max(self.reasons.items(), key=lambda item: item[1].count)
        example = worst.examples[0]
        row = f"row {example['row']}" + (f" has {example['value']!r}" if example["value"] else "")
        reason = f"most common reason ({plural(worst.count, 'row')}): {name}: {row}"
        raise TaskFailure(worst.code, f"{total:,} of {rows_read:,} rows are unusable; {reason}")

    def explanation(self) -> str:
        """Return the reasons of left-out rows in parentheses, empty if there are none."""
        reasons = [f"{count:,} left out: {reason}" for reason, count in self.left_out.items()]
        return f" ({'; '.join(reasons)})" if reasons else ""

    def report(self) -> dict[str, BadRowReport]:
        """Return the counts and first examples by reason."""
        return {name: {"count": reason.count, "examples": reason.examples} for name, reason in self.reasons.items()}
