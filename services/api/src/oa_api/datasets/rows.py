"""The rows that the queries of datasets return."""

from dataclasses import dataclass
from datetime import datetime

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset with its published result, and the newer job that did not publish, if any (`latest_…`, `error_…`).

    `checked_job` published it, or found it up to date later, at `checked_at`.
    """

    id: int
    source_name: str
    layer: str
    name: str
    job: int
    attempt: int
    updated_at: datetime
    state: str
    result: JsonObject | None
    checked_at: datetime
    checked_job: int
    license: object
    run: int | None
    source_sha256: str | None
    source_url: str | None
    github: object
    latest_id: int | None
    latest_run: int | None
    latest_attempt: int | None
    latest_status: str | None
    error_code: str | None
    error_message: str | None
    ended_at: datetime | None
    review_reasons: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A publication in the history of a dataset; without `is_kept` its files are deleted."""

    id: int
    job: int
    attempt: int
    run: int | None
    published_at: datetime
    source_sha256: str | None
    source_url: str | None
    github: object
    license: object
    result: JsonObject | None
    is_kept: bool
    files_deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A publication in the feed, with the name of its dataset."""

    id: int
    data_id: int
    job: int
    attempt: int
    published_at: datetime
    license: object
    result: JsonObject | None
    source_name: str
    layer: str
    name: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class WithdrawalRow:
    """A change of the state of a dataset by an admin."""

    state: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FeedWithdrawalRow:
    """A change of the state of a dataset in the feed; `publication` is the newest one of all datasets before it."""

    id: int
    data_id: int
    state: str
    reason: str
    created_at: datetime
    publication: int
    source_name: str
    layer: str
    name: str


@dataclass(frozen=True, slots=True)
class LockedDataset:
    """A dataset whose state no other transaction changes."""

    id: int
    state: str
    source_name: str
    layer: str
    name: str


@dataclass(frozen=True, slots=True)
class LatestFileRow:
    """The attempt that is published, and the file as its result lists it; None for a file that it does not have."""

    id: int
    state: str
    job: int
    attempt: int
    output: object


@dataclass(frozen=True, slots=True)
class ExtentRow:
    """The extent of all selected datasets; None without datasets."""

    west: float | None
    south: float | None
    east: float | None
    north: float | None


@dataclass(frozen=True, slots=True)
class ExtentsPart:
    """Some extents as GeoJSON features, separated by commas; the last one's size in square degrees, and its ID."""

    features: str | None
    datasets: int
    last_size: float | None
    last_id: int | None


@dataclass(frozen=True, slots=True)
class LicenseCountRow:
    """A license as sources state it, with the number of datasets and of their features."""

    license: object
    datasets: int
    features: int


@dataclass(frozen=True, slots=True)
class SitemapRow:
    """A dataset, and when it was published."""

    id: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AttributionRow:
    """A dataset with the JSON text of its license."""

    source_name: str
    layer: str
    name: str
    license: str | None
