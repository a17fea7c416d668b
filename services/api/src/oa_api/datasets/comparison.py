"""What differs between two versions of a dataset: counts, attribute coverage, and the changes of each version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oa_api.datasets.rows import HistoryRow
from oa_api.datasets.serializers import changes_of, output_url
from oa_shared.json_types import JsonMapping

CHANGES = ("added", "removed", "changed")
_NOTABLE_POINTS = 0.1
_CHANGES_FILE = "changes.jsonl.gz"


@dataclass(frozen=True, slots=True)
class CountChange:
    """A count of both versions; None where a result does not say."""

    name: str
    before: int | None
    after: int | None

    @property
    def difference(self) -> int | None:
        """Return how much higher the later count is."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class CoverageChange:
    """The share of features with a value in a field, 0 to 1; None where a version does not have the field."""

    field: str
    before: float | None
    after: float | None

    @property
    def points(self) -> float | None:
        """Return the difference in percentage points."""
        return None if self.before is None or self.after is None else (self.after - self.before) * 100

    @property
    def is_notable(self) -> bool:
        """Return whether the shares differ by a tenth of a point or more, or only one version has the field."""
        return self.points is None or abs(self.points) >= _NOTABLE_POINTS


@dataclass(frozen=True, slots=True)
class VersionStep:
    """A version with its changes since the one before it, and its file of them if it is kept."""

    publication: HistoryRow
    changes: dict[str, int]
    file: str | None


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Two versions of a dataset: `totals` sums the changes of each step, None if one of them has no counts."""

    before: HistoryRow
    after: HistoryRow
    counts: list[CountChange]
    coverage: list[CoverageChange]
    steps: list[VersionStep]
    totals: dict[str, int] | None

    @property
    def is_sum(self) -> bool:
        """Return whether the totals are of several versions: a feature that changed twice counts twice."""
        return len(self.steps) > 1


def compare_versions(
    before: HistoryRow, after: HistoryRow, between: Sequence[HistoryRow], *, is_complete: bool = True
) -> VersionComparison:
    """Return what differs; `between` has the publications after `before` up to `after`, newest first.

    Without `is_complete` there are more of them, so that their changes have no sum.
    """
    old, new = before.result or {}, after.result or {}
    steps = [_step(row) for row in between]
    is_counted = is_complete and _all_counted(steps)
    totals = {name: sum(step.changes[name] for step in steps) for name in CHANGES} if is_counted else None
    names = [("Features", "count"), ("Valid features", "valid")]
    counts = [CountChange(label, _count(old.get(key)), _count(new.get(key))) for label, key in names]
    return VersionComparison(before, after, counts, _coverage(old, new), steps, totals)


def fill_rates(result: JsonMapping | None) -> dict[str, float]:
    """Return the share of features with a value by field; nothing for a result without features."""
    facts = result or {}
    count, filled = _count(facts.get("count")), facts.get("fields")
    if not count or not isinstance(filled, Mapping):
        return {}
    return {str(name): number / count for name, number in filled.items() if isinstance(number, int)}


def _all_counted(steps: Sequence[VersionStep]) -> bool:
    return bool(steps) and all(set(step.changes) == set(CHANGES) for step in steps)


def _step(row: HistoryRow) -> VersionStep:
    changes = changes_of(row.result) or {}
    counts = {name: number for name in CHANGES if (number := _count(changes.get(name))) is not None}
    has_file = row.is_kept and _CHANGES_FILE in _outputs(row.result)
    return VersionStep(row, counts, output_url(row.job, row.attempt, _CHANGES_FILE) if has_file else None)


def _coverage(old: JsonMapping, new: JsonMapping) -> list[CoverageChange]:
    before, after = fill_rates(old), fill_rates(new)
    return [CoverageChange(name, before.get(name), after.get(name)) for name in dict.fromkeys([*after, *before])]


def _outputs(result: JsonMapping | None) -> Mapping[str, object]:
    outputs = (result or {}).get("outputs")
    return outputs if isinstance(outputs, Mapping) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
