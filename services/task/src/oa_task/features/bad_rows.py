"""Rows that cannot be used: counted by reason, the first ones kept to be shown (ENGINE, our decisions)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from oa_task.runtime.failure import TaskFailure

MOST_SHARE = 0.05
_SHOWN = 5
_MOST_WARNINGS = 20


@dataclass(slots=True)
class _Reason:
    code: str
    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class BadRows:
    """One job's bad rows. A row is left out, or kept without the bad value; it never fails the source alone.

    The readers count in `rows_read` every row of the input, the ones left out too. A row that is left out without any
    fault of it, such as one whose geometry is null, is counted in `left_out` by reason and fails nothing.
    """

    reasons: dict[str, _Reason] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    rows_read: int = 0
    warnings: list[str] = field(default_factory=list)

    def note(
        self,
        reason: str,
        rows: Sequence[int] | np.ndarray,
        values: Sequence[str] = (),
        *,
        code: str = "source.bad_rows",
    ) -> None:
        """Count 0-based input rows under a reason such as `coordinates`; `code` is what too many mean."""
        if not len(rows):
            return
        found = self.reasons.setdefault(reason, _Reason(code))
        found.count += len(rows)
        for place, row in enumerate(rows[: _SHOWN - len(found.examples)]):
            value = values[place] if place < len(values) else ""
            found.examples.append({"row": int(row) + 1, "value": value[:200]})

    def warn(self, text: str) -> None:
        """Keep what is odd about the data as a whole and fails nothing; the first ones are enough."""
        if len(self.warnings) < _MOST_WARNINGS and text not in self.warnings:
            self.warnings.append(text)

    def leave_out(self, reason: str, count: int) -> None:
        """Count rows that are left out and are no fault, such as those without a geometry."""
        if count:
            self.left_out[reason] = self.left_out.get(reason, 0) + count

    def check(self, rows_read: int | None = None) -> None:
        """Raise TaskFailure when more than 5 % of the rows read were bad, for one reason or all together."""
        rows_read = self.rows_read if rows_read is None else rows_read
        total = sum(reason.count for reason in self.reasons.values())
        if not total or total <= rows_read * MOST_SHARE:
            return
        name, worst = max(self.reasons.items(), key=lambda item: item[1].count)
        example = worst.examples[0]
        shown = f"row {example['row']}" + (f" has {example['value']!r}" if example["value"] else "")
        text = (
            f"{total:,} of {rows_read:,} rows cannot be used, most of them ({worst.count:,}) because of {name}: {shown}"
        )
        raise TaskFailure(worst.code, text)

    def explanation(self) -> str:
        """Return, in brackets, why rows were left out; nothing where none were."""
        reasons = [f"{count:,} left out: {reason}" for reason, count in self.left_out.items()]
        return f" ({'; '.join(reasons)})" if reasons else ""

    def report(self) -> dict[str, dict[str, Any]]:
        """Return the counts and first examples by reason, as JSON holds them."""
        return {name: {"count": reason.count, "examples": reason.examples} for name, reason in self.reasons.items()}
