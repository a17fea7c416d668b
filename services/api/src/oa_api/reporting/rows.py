"""The rows that the queries of reporting return."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DatasetState:
    """The health of a dataset: its latest job, and its published data if there is any.

    `checked_at` is when the data was published, or last found up to date.
    """

    source_name: str
    layer: str
    name: str
    country: str
    region: str
    job: int
    status: str
    error_code: str | None
    error_message: str | None
    ended_at: datetime | None
    failing_since: datetime | None
    data: int | None
    published_job: int | None
    published_at: datetime | None
    checked_at: datetime | None
    state: str

    @property
    def cursor(self) -> str:
        """Return the position after this dataset in the list: source, layer and name."""
        return f"{self.source_name} {self.layer} {self.name}"


@dataclass(frozen=True, slots=True)
class RegionGroup:
    """The number of datasets of a region, in all and in each state."""

    country: str
    region: str
    total: int
    healthy: int
    stale: int
    failing: int
    never: int


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A dataset that broke or was fixed (`kind`), the job that showed it, and who acknowledged its failure."""

    kind: str
    source_name: str
    layer: str
    name: str
    job: int
    error_code: str | None
    error_message: str | None
    created_at: datetime
    acknowledged_by: str | None = None
    acknowledged_until: date | None = None


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """The number of datasets that broke, that were fixed, and that broke with an acknowledged failure."""

    broke: int
    fixed: int
    acknowledged: int = 0
