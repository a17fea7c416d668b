"""What requests about health and statistics say, after validation."""

from dataclasses import dataclass

from oa_api.http.schemas import Slice


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthFilter(Slice):
    """Which datasets to list, after `cursor` (source, layer, name); `prefix` is that of source names."""

    state: list[str] | None
    prefix: str | None
    layer: str | None
    stale_days: int | None
    cursor: list[str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatisticsFilter:
    """The run of the statistics; None for the latest jobs of all runs."""

    run: int | None
