"""The health grid: the state of each (source_name, layer, name) of live runs, and counts by region."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from oa_api.db.database import Database
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.reporting.requests import HealthFilter
from oa_api.reporting.rows import DatasetState, RegionGroup
from oa_api.settings import Settings

_SQL = load_queries("reporting.source_health")


class HealthState(StrEnum):
    """The state of a dataset."""

    HEALTHY = "healthy"
    STALE = "stale"
    FAILING = "failing"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class GridFilter:
    """A part of the grid: source names with a `prefix`; data is stale after `stale_days`."""

    stale_days: int
    state: Sequence[str] | None = None
    layer: str | None = None
    prefix: str | None = None

    @classmethod
    def of(cls, health_filter: HealthFilter, settings: Settings) -> "GridFilter":
        """Return the part of the grid that a request selects."""
        stale_days = health_filter.stale_days or settings.stale_after_days
        return cls(stale_days, health_filter.state, health_filter.layer, health_filter.prefix)

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the queries."""
        return {
            "stale_days": self.stale_days,
            "state": list(self.state) if self.state else None,
            "layer": self.layer,
            "prefix": starts_with_pattern(self.prefix) if self.prefix else self.prefix,
        }


@dataclass(frozen=True, slots=True)
class StateCounts:
    """The number of datasets in each state."""

    healthy: int
    stale: int
    failing: int
    never: int


@dataclass(frozen=True, slots=True)
class RegionGroups:
    """The number of datasets in each state, by country and region."""

    rows: list[RegionGroup]

    @property
    def total(self) -> StateCounts:
        """Return the sum of all groups."""
        return StateCounts(
            healthy=sum(group.healthy for group in self.rows),
            stale=sum(group.stale for group in self.rows),
            failing=sum(group.failing for group in self.rows),
            never=sum(group.never for group in self.rows),
        )


async def list_states(
    database: Database, grid_filter: GridFilter, *, cursor: Sequence[str] | None, limit: int
) -> Page[DatasetState]:
    """Return a page of datasets by name, after `cursor` (source_name, layer, name)."""
    values = {**grid_filter.parameters(), "cursor": list(cursor) if cursor else None, "limit": limit + 1}
    return Page.cut(await database.all(_SQL["states"], values, into=DatasetState), limit)


async def count_groups(database: Database, grid_filter: GridFilter) -> RegionGroups:
    """Return the counts by country and region; the filter by state does not apply."""
    return RegionGroups(await database.all(_SQL["groups"], grid_filter.parameters(), into=RegionGroup))
