"""The health grid: how each (source_name, layer, name) of live runs stands, and how many stand how where."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries

_SQL = load_queries("reporting.source_health")


class HealthState(StrEnum):
    """How a dataset stands."""

    HEALTHY = "healthy"
    STALE = "stale"
    FAILING = "failing"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class GridFilter:
    """Which part of the grid is meant: `prefix` is how the sources' names begin; data is stale after `stale_days`."""

    stale_days: int
    state: Sequence[str] | None = None
    layer: str | None = None
    prefix: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Return them as the statements take them."""
        escaped = self.prefix and self.prefix.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        state = list(self.state) if self.state else None
        return {
            "stale_days": self.stale_days,
            "state": state,
            "layer": self.layer,
            "prefix": escaped and f"{escaped}%",
        }


@dataclass(frozen=True, slots=True)
class Groups:
    """How many datasets stand how: by country and region, and in all."""

    rows: list[Row]

    @property
    def total(self) -> dict[str, int]:
        """Return the counts of all groups together."""
        return {str(state): sum(row[state] for row in self.rows) for state in HealthState}


async def read_states(database: Database, wanted: GridFilter, *, cursor: Sequence[str] | None, limit: int) -> list[Row]:
    """Return datasets in order of their names, from behind `cursor` (source_name, layer, name) on."""
    values = {**wanted.parameters(), "cursor": list(cursor) if cursor else None, "limit": limit}
    return await database.all(_SQL["states"], values)


async def read_groups(database: Database, wanted: GridFilter) -> Groups:
    """Return the counts by country and region; the filter by state does not count here."""
    return Groups(await database.all(_SQL["groups"], wanted.parameters()))
