"""Some values of each changed field, before and after the change."""

from collections.abc import Mapping

from oa_shared.json_types import JsonObject
from oa_task.write.feature_keys import FeatureText
from oa_task.write.field_changes import GEOMETRY, FieldChange
from oa_task.write.place_change import measure_move, shorten_properties, shorten_value


class FieldExamples:
    """Collects examples while the changes are written: for each field and kind, those of the given added features."""

    def __init__(self, indexes: Mapping[tuple[str, FieldChange], list[int]]) -> None:
        self._fields: dict[int, list[tuple[str, FieldChange]]] = {}
        self._examples: dict[str, list[JsonObject]] = {}
        for key, features in indexes.items():
            for index in features:
                self._fields.setdefault(index, []).append(key)

    def add(self, index: int, line: bytes, before: bytes) -> None:
        """Keep the values of a changed feature if it is an example."""
        if index not in self._fields:
            return
        old, new = FeatureText.read(before), FeatureText.read(line)
        for name, kind in self._fields[index]:
            example: JsonObject = {"change": kind, "feature": shorten_properties(new.properties)}
            if name == GEOMETRY:
                example |= measure_move(old.geometry, new.geometry)
            else:
                example |= {
                    "before": shorten_value(old.properties.get(name)),
                    "after": shorten_value(new.properties.get(name)),
                }
            self._examples.setdefault(name, []).append(example)

    def report(self) -> dict[str, list[JsonObject]]:
        """Return the examples by field: `change`, `before`, `after`, and `feature`, the attributes now."""
        return self._examples
