"""The columns of described data, and how well their values fit a role."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from oa_shared.json_types import JsonMapping
from oa_task.conversion.column_roles import ColumnRole, roles_of

_MANY = 20
_LIKELY, _UNLIKELY = 0.5, 0.15
_UNIQUE = 0.95


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column with what its first values look like (`oa_task.conversion.column_facts`).

    Without `rows` only the name is known.
    """

    name: str
    rows: int = 0
    filled: int = 0
    distinct: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)
    numbers: Sequence[float | None] = ()
    examples: Sequence[str] = ()

    @property
    def example(self) -> str | None:
        """Return a value of the column, None if all are empty or unknown."""
        return self.examples[0] if self.examples else None

    @property
    def uniqueness(self) -> float:
        """Return the share of distinct values among the filled ones."""
        return self.distinct / self.filled if self.filled else 0.0

    def share(self, kind: str) -> float:
        """Return the share of filled values of a kind, 0 if it is unknown."""
        return self.shares.get(kind, 0.0)


def read_columns(report: JsonMapping) -> list[ColumnFacts]:
    """Return the columns of a checked report of a description."""
    columns = cast("list[dict[str, object]]", report["columns"])
    return [ColumnFacts(**column) for column in columns]  # type: ignore[arg-type] # DescriptionReportSchema has checked it


def score_roles(column: ColumnFacts) -> dict[ColumnRole, float]:
    """Return the score of each role of a column by its name and its values."""
    scores = {role: score * _fit(column, role) for role, score in roles_of(column.name).items()}
    return {role: score for role, score in scores.items() if score > 0}


def _fit(column: ColumnFacts, role: ColumnRole) -> float:
    """Return how well the values fit: 1 if they do or are unknown, 0 for a column without values."""
    if not column.rows:
        return 1.0
    if not column.filled:
        return 0.0
    check = _CHECKS.get(role)
    return 1.0 if check is None or check(column) else _UNLIKELY


def _is_id(column: ColumnFacts) -> bool:
    return column.uniqueness >= _UNIQUE and column.filled >= column.rows * _UNIQUE


def _is_repeated(column: ColumnFacts) -> bool:
    return column.rows < _MANY or column.uniqueness < _UNIQUE


def _is_longitude(column: ColumnFacts) -> bool:
    return bool(column.numbers)


_CHECKS: Mapping[ColumnRole, Callable[[ColumnFacts], bool]] = {
    ColumnRole.NUMBER: lambda column: column.share("house") >= _LIKELY,
    ColumnRole.NUMBER_PREFIX: lambda column: column.share("suffix") >= _LIKELY,
    ColumnRole.NUMBER_SUFFIX: lambda column: column.share("suffix") >= _LIKELY,
    ColumnRole.PRE_DIRECTION: lambda column: column.share("integer") < _LIKELY,
    ColumnRole.PRE_TYPE: lambda column: column.share("words") >= _LIKELY,
    ColumnRole.STREET_TYPE: lambda column: column.share("words") >= _LIKELY and _is_repeated(column),
    ColumnRole.POST_DIRECTION: lambda column: column.share("integer") < _LIKELY,
    ColumnRole.PRE_MODIFIER: lambda column: column.share("words") >= _LIKELY,
    ColumnRole.POST_MODIFIER: lambda column: column.share("words") >= _LIKELY,
    ColumnRole.PRE_SEPARATOR: lambda column: column.share("words") >= _LIKELY,
    ColumnRole.STREET: lambda column: column.share("words") >= _LIKELY,
    ColumnRole.STREET_FULL: lambda column: column.share("words") >= _LIKELY,
    ColumnRole.ADDRESS: lambda column: max(column.share("number_first"), column.share("number_last")) >= _LIKELY,
    ColumnRole.CITY: lambda column: column.share("words") >= _LIKELY and _is_repeated(column),
    ColumnRole.DISTRICT: lambda column: column.share("words") >= _LIKELY and _is_repeated(column),
    ColumnRole.REGION: _is_repeated,
    ColumnRole.POSTCODE: lambda column: column.share("postcode") >= _LIKELY,
    ColumnRole.ID: _is_id,
    ColumnRole.PARCEL_ID: lambda column: column.uniqueness >= _LIKELY,
    ColumnRole.LAT: _is_longitude,
    ColumnRole.LON: _is_longitude,
}
