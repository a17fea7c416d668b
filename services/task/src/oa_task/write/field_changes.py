"""What pairs of features say of each field: how many lost their value, got one, or have another one."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from oa_shared.json_types import JsonObject
from oa_task.write.feature_keys import FeatureKeys

GEOMETRY = "geometry"
_EXAMPLES = 3


class FieldChange(StrEnum):
    """What becomes of a value."""

    LOST = "lost"
    CHANGED = "changed"
    GAINED = "gained"


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """The changed features by field and kind of change, of fields that differ anywhere; `geometry` is one of them.

    `moved` is the number of features that have a geometry in both versions, and differ in nothing else. `examples` has
    for each field and kind the indexes of the first added features of that kind.
    """

    counts: dict[str, dict[FieldChange, int]] = field(default_factory=dict)
    moved: int = 0
    examples: dict[tuple[str, FieldChange], list[int]] = field(default_factory=dict)

    def by_name(self) -> dict[str, dict[str, int]]:
        """Return the counts by field."""
        return {name: {str(kind): count for kind, count in counts.items()} for name, counts in self.counts.items()}

    def report(self) -> JsonObject:
        """Return the counts for `stats.json`."""
        return {"moved": self.moved, "fields": self.by_name()}


def count_field_changes(removed: FeatureKeys, added: FeatureKeys, predecessors: np.ndarray) -> FieldChanges:
    """Count what changed between paired features."""
    after = np.flatnonzero(predecessors >= 0)
    before = predecessors[after]
    changes = FieldChanges()
    has_equal_fields = np.ones(len(after), dtype=bool)
    for name in dict.fromkeys([*added.fields, *removed.fields]):
        differs = _count(changes, name, removed.field(name)[before], added.field(name)[after], after)
        has_equal_fields &= ~differs
    places = removed.geometry[before], added.geometry[after]
    is_elsewhere = _count(changes, GEOMETRY, *places, after) & (places[0] != 0) & (places[1] != 0)
    return FieldChanges(changes.counts, int((is_elsewhere & has_equal_fields).sum()), changes.examples)


def _count(changes: FieldChanges, name: str, before: np.ndarray, after: np.ndarray, indexes: np.ndarray) -> np.ndarray:
    """Add the counts and examples of a field; return the mask of the pairs that differ in it."""
    differs: np.ndarray = before != after
    if not differs.any():
        return differs
    masks = {
        FieldChange.LOST: differs & (after == 0),
        FieldChange.CHANGED: differs & (before != 0) & (after != 0),
        FieldChange.GAINED: differs & (before == 0),
    }
    changes.counts[name] = {kind: int(mask.sum()) for kind, mask in masks.items()}
    for kind, mask in masks.items():
        if mask.any():
            changes.examples[name, kind] = indexes[np.flatnonzero(mask)[:_EXAMPLES]].tolist()
    return differs
