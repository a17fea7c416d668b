"""The rows that the queries of schedules return."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class ScheduleRunRow:
    """A schedule run; `run` is the run of jobs that it created, `detail` its counts and the commit."""

    id: int
    type: str
    period: str
    state: str
    triggered_at: datetime
    triggered_by: str
    started_at: datetime | None
    ended_at: datetime | None
    tries: int
    run: int | None
    error: str | None
    detail: JsonObject


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A schedule run that this worker has claimed; `tries` includes this one."""

    id: int
    type: str
    period: str
    tries: int
    detail: JsonObject
    traceparent: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What a schedule run has recorded so far."""

    run_id: int | None
    detail: JsonObject


@dataclass(frozen=True, slots=True)
class PeriodState:
    """The schedule run of a type in a period."""

    type: str
    state: str
    id: int


class RejectionJson(TypedDict):
    """A reason for which a definition, or an entry of it, has no job; `pointer` is a JSON pointer."""

    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RejectedSource:
    """A definition of the repository with its rejections."""

    path: str
    refusals: list[RejectionJson]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A definition whose jobs are not created yet."""

    path: str
    definition: str


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """The number of definitions, of their jobs, and of definitions with rejections."""

    definitions: int
    jobs: int
    refused: int
