"""What requests about failures and reviews say, after validation."""

from dataclasses import dataclass
from enum import StrEnum

from oa_api.http.schemas import CursorSlice


class GroupBy(StrEnum):
    """What puts failures into one group: the code, the host of the data, or the place of the source."""

    CODE = "code"
    HOST = "host"
    PLACE = "place"


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureFilter:
    """Which failures to group: those of a run, or of the last `days` days."""

    by: GroupBy = GroupBy.CODE
    days: int = 7
    run: int | None = None
    live: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ReviewSelection:
    """Which jobs that need review; `code` is that of a review reason."""

    run: int | None = None
    source: str | None = None
    layer: str | None = None
    code: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReviewFilter(ReviewSelection, CursorSlice):
    """Which part of the list of jobs that need review."""


@dataclass(frozen=True, kw_only=True)
class QueuePlace(ReviewSelection):
    """A place in the queue of the jobs that need review; without a job, its newest."""

    job: int | None = None


class Decision(StrEnum):
    """What a moderator does with a result that needs review."""

    CONFIRM = "confirm"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewDecision:
    """A decision with its reason."""

    moderate: Decision
    reason: str = ""
