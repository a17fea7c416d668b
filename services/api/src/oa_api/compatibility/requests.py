"""What requests in the form of openaddresses/batch say, after validation, in the terms of this service."""

from dataclasses import dataclass, field
from datetime import datetime

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, kw_only=True)
class SliceV1:
    """Which part of a list: `cursor` is the ID of the last row received, and wins over `page`."""

    limit: int = 100
    page: int = 0
    order: str = "asc"
    cursor: int | None = None
    count: bool = True

    @property
    def is_descending(self) -> bool:
        """Return whether the newest come first; a cursor always walks upwards."""
        return self.order == "desc" and self.cursor is None

    @property
    def offset(self) -> int:
        """Return how many rows come before the page."""
        return 0 if self.cursor is not None else self.page * self.limit


@dataclass(frozen=True, kw_only=True)
class JobListV1(SliceV1):
    """Which jobs; `source` is a part of the name, `layers` are those with the given start."""

    status: list[str] | None = None
    source: str | None = None
    layers: list[str] | None = None
    before: datetime | None = None
    after: datetime | None = None
    live: bool | None = None
    run: int | None = None


@dataclass(frozen=True, kw_only=True)
class OrphanListV1(SliceV1):
    """Which jobs without a dataset: those created before a time."""

    before: datetime


@dataclass(frozen=True, kw_only=True)
class RunListV1(SliceV1):
    """Which runs: those with a job in one of the statuses."""

    status: list[str] | None = None
    before: datetime | None = None
    after: datetime | None = None
    live: bool | None = None
    run: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DataListV1:
    """Which datasets; `source` is a part of the name, `name` its start, `point` at most one degree away."""

    source: str | None = None
    layers: list[str] | None = None
    name: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    point: list[float] | None = None
    validated: bool | None = None
    map: int | None = None
    failing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryV1:
    """Which jobs of a dataset: with one status, or all."""

    status: str = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogV1:
    """How to return a log: `json`, `csv` or `text`; `is_download` makes a browser save it."""

    format: str = "json"
    is_download: bool = False


@dataclass(frozen=True, kw_only=True)
class ExportListV1(SliceV1):
    """Which exports."""

    status: list[str] | None = None
    before: datetime | None = None
    after: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ErrorListV1(SliceV1):
    """Which jobs that need review."""

    status: list[str] | None = None
    source: str | None = None
    layers: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class UserListV1(SliceV1):
    """Which accounts: those whose login or email address contains `filter`."""

    filter: str = ""
    access: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaQueryV1:
    """The endpoint whose schemas to return; without both, a list of all."""

    method: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRunV1:
    """A run to create."""

    live: bool = False
    github: JsonObject | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunChangeV1:
    """A change of a run; None leaves a value unchanged."""

    live: bool | None = None
    closed: bool | None = None
    github: JsonObject | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewExportV1:
    """An export of a job to create."""

    job_id: int
    format: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectionV1:
    """A collection to create, or its new values; None leaves a value unchanged."""

    name: str | None = None
    sources: list[str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModerationV1:
    """A decision about a result that needs review."""

    moderate: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleV1:
    """A schedule to trigger."""

    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTokenV1:
    """A token to create."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UserChangeV1:
    """A change of an account: its access and flags decide its role."""

    access: str | None = None
    flags: JsonObject = field(default_factory=dict)
