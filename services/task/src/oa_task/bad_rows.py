"""Rows that cannot be used: counted by reason, the first ones kept to be shown (ENGINE, our decisions)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from oa_task.failure import TaskFailure

MOST_SHARE = 0.05
_SHOWN = 5


@dataclass(slots=True)
class _Reason:
    code: str
    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class BadRows:
    """One job's bad rows. A row is left out, or kept without the bad value; it never fails the source alone."""

    reasons: dict[str, _Reason] = field(default_factory=dict)

    def note(
        self, reason: str, rows: Sequence[int], values: Sequence[str] = (), *, code: str = "source.bad_rows"
    ) -> None:
        """Count 0-based input rows under a reason such as `coordinates`; `code` is what too many mean."""
        if not len(rows):
            return
        found = self.reasons.setdefault(reason, _Reason(code))
        found.count += len(rows)
        for place, row in enumerate(rows[: _SHOWN - len(found.examples)]):
            value = values[place] if place < len(values) else ""
            found.examples.append({"row": int(row) + 1, "value": value[:200]})

    def check(self, rows_read: int) -> None:
        """Raise TaskFailure when more than 5 % of the rows read were bad, for one reason or all together."""
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

    def report(self) -> dict[str, dict[str, Any]]:
        """Return the counts and first examples by reason, as JSON holds them."""
        return {name: {"count": reason.count, "examples": reason.examples} for name, reason in self.reasons.items()}
