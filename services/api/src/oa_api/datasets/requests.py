"""What requests about published data say, after validation."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.http.schemas import SUMMARY, CursorSlice, TextCursorSlice


# Without slots: DatasetFilter combines it with another dataclass, and only one of them may have slots.
@dataclass(frozen=True, kw_only=True)
class DatasetSelection:
    """Which datasets; a `source` with a trailing slash is a prefix, `source_prefix` is one without it too.

    `q` is a part of the source name, whatever its case and accents. `bbox` is west, south, east, north, `point` is
    longitude, latitude.
    """

    source: str | None = None
    source_prefix: str | None = None
    q: str | None = None
    layer: str | None = None
    name: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    bbox: list[float] | None = None
    point: list[float] | None = None
    validated: bool | None = None
    failing: bool | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetFilter(DatasetSelection, CursorSlice):
    """Which datasets to list, in which order (a name of SORTS), and how much of each: SUMMARY or ALL_FIELDS."""

    sort: str = "source"
    fields: str = SUMMARY


@dataclass(frozen=True, kw_only=True)
class SourceListFilter(DatasetSelection, TextCursorSlice):
    """Which sources to list: with an entry of the selection in a `state`; `cursor` is the last source received."""

    state: str | None = None
    sort: str = "source"


@dataclass(frozen=True, kw_only=True)
class AttributionFilter(DatasetSelection):
    """The datasets whose attribution to return, and the format: `text` or `json`."""

    format: str = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedFilter:
    """Which publications to list in the feed: those of the selected datasets before the publication `cursor`."""

    source: str | None = None
    q: str | None = None
    layer: str | None = None
    name: str | None = None
    bbox: list[float] | None = None
    point: list[float] | None = None
    cursor: int | None = None


@dataclass(frozen=True, slots=True)
class NewConversion:
    """The format to convert the published result of a dataset to."""

    format: str


@dataclass(frozen=True, slots=True)
class StateChange:
    """What to do to a dataset, and why."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class VersionChoice:
    """Two publications of a dataset to compare; None stands for the version of a week ago, and for the newest one."""

    before: int | None
    after: int | None
