"""What requests about schedules, the cleanup and the report say, after validation."""

from dataclasses import dataclass

from oa_api.http.schemas import CursorSlice
from oa_api.retention.rules import RuleChange
from oa_shared.schedule_types import ScheduleType


@dataclass(frozen=True, kw_only=True, slots=True)
class Trigger:
    """A schedule to trigger; None is the current period."""

    type: ScheduleType
    period: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleRunFilter(CursorSlice):
    """Which schedule runs to list; None is every type."""

    type: ScheduleType | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesChange:
    """Changes of retention rules, at most one of each."""

    rules: list[RuleChange]


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanupRequest:
    """Whether to preview a cleanup, or to start one."""

    dry_run: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFormat:
    """The format of the digest: `json`, `text` or `html`."""

    format: str
