"""What requests about runs and jobs say, after validation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oa_api.http.schemas import SUMMARY, CursorSlice
from oa_shared.json_types import JsonObject
from oa_shared.scheduling import Lane
from oa_shared.status import JobStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFilter(CursorSlice):
    """Which runs to list, and in which order; `status` is that of a run or of any of its jobs."""

    order: str = "desc"
    sort: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    live: bool | None = None
    run: int | None = None
    status: list[str] | None = None


class RunChangeKind(StrEnum):
    """How the result of a dataset differs between a run and the previous run of the same schedule."""

    NEWLY_FAILED = "newly_failed"
    STILL_FAILED = "still_failed"
    FIXED = "fixed"
    GONE = "gone"


# Without slots: JobFilter combines it with another dataclass, and only one of them may have slots.
@dataclass(frozen=True, kw_only=True)
class JobSelection:
    """Which jobs; a `source` with a trailing slash is a prefix, `error` lists failure codes.

    `before` and `after` are times of creation, `ended_after` is a time of its end.
    """

    status: list[str] | None = None
    source: str | None = None
    layer: str | None = None
    kind: str | None = None
    host: str | None = None
    error: list[str] | None = None
    before: datetime | None = None
    after: datetime | None = None
    ended_after: datetime | None = None
    live: bool | None = None
    run: int | None = None


@dataclass(frozen=True, kw_only=True)
class JobFilter(JobSelection, CursorSlice):
    """Which jobs to list, also those of a bulk action, in which order, and how much of each: SUMMARY or ALL_FIELDS.

    `change` compares the jobs of a `run` with the previous run of the same schedule.
    """

    bulk: int | None = None
    order: str = "desc"
    sort: str | None = None
    fields: str = SUMMARY
    rerun: bool | None = None
    acknowledged: bool | None = None
    change: RunChangeKind | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRun:
    """A run to create. `sample` limits its jobs to that number of features; `github` is stored unchanged.

    With `force` its jobs write new files even if their sources have not changed. A run without a `name` gets one with
    its first jobs.
    """

    live: bool = False
    lane: Lane = Lane.MANUAL
    sample: int | None = None
    force: bool = False
    github: JsonObject | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunChange:
    """A change of a run; None leaves a value unchanged. `expected_jobs` is how many jobs become live."""

    live: bool | None = None
    expected_jobs: int | None = None
    closed: bool | None = None
    github: JsonObject | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJobs:
    """The elements from which to create jobs; each is validated separately."""

    jobs: list[object]


@dataclass(frozen=True, kw_only=True, slots=True)
class JobElement:
    """An element: `source` is a URL or a definition; None selects every layer or name."""

    source: object
    source_name: str | None = None
    layer: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptReport:
    """A status that a service reports for an attempt."""

    status: JobStatus
    attempt: int
    token: str
    batch_job: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LogFormat:
    """How to return a log: `json` (lines) or `text`."""

    format: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputChoice:
    """Which attempt's file to return; None is the latest result."""

    attempt: int | None
