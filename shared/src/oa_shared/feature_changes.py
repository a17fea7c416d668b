"""What a result says of each field of the features that changed since the published data."""

from dataclasses import dataclass

from oa_shared.json_types import JsonMapping

GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """The number of features that lost their value of a field, have another one, or gained one."""

    field: str
    lost: int
    changed: int
    gained: int

    @property
    def total(self) -> int:
        """Return the number of features that differ in the field."""
        return self.lost + self.changed + self.gained

    @property
    def counts(self) -> str:
        """Return the counts that are not 0, such as `10,000 lost, 3 changed`."""
        numbers = {"lost": self.lost, "changed": self.changed, "gained": self.gained}
        return ", ".join(f"{number:,} {kind}" for kind, number in numbers.items() if number)


def read_field_differences(changes: object) -> list[FieldDifference]:
    """Return the differences that a task reported in `changes`, the most lost first; none of an earlier task."""
    reported = changes.get("fields") if isinstance(changes, dict) else None
    differences = [
        FieldDifference(str(name), *(read_count(counts, kind) for kind in ("lost", "changed", "gained")))
        for name, counts in (reported.items() if isinstance(reported, dict) else ())
        if isinstance(counts, dict)
    ]
    return sorted((item for item in differences if item.total), key=lambda item: (-item.lost, -item.total, item.field))


def read_previous_count(changes: JsonMapping) -> int:
    """Return the number of features of the data that a task compared with."""
    return sum(read_count(changes, kind) for kind in ("removed", "changed", "unchanged"))


def read_count(counts: JsonMapping, kind: str) -> int:
    """Return a reported count, 0 if there is none."""
    number = counts.get(kind)
    return number if isinstance(number, int) and not isinstance(number, bool) else 0
