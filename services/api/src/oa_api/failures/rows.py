"""The rows that the queries of failures and reviews return, and the groups built from them."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.jobs.quality_gate import compared_fields
from oa_shared.failures import FAILURES
from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of failed jobs: how many, of how many sources, with which codes; `examples` are job IDs.

    `acknowledged` counts the jobs whose failure an operator has acknowledged.
    """

    key: str
    jobs: int
    sources: int
    codes: list[str]
    examples: list[int]
    acknowledged: int


@dataclass(frozen=True, slots=True)
class TrendRow:
    """How many jobs of a group failed in each of its periods, in any order: days, or runs."""

    key: str
    periods: list[str]
    jobs: list[int]

    def by_period(self) -> dict[str, int]:
        """Return the number of jobs by period."""
        return dict(zip(self.periods, self.jobs, strict=True))


@dataclass(frozen=True, slots=True)
class FailingDatasets:
    """How many datasets of live runs fail for a group's cause now, and since when the first of them does."""

    key: str
    failing_since: datetime | None
    failing: int


@dataclass(frozen=True, slots=True)
class FailureExample:
    """A failed job, as an example of its group."""

    job: int
    run: int
    kind: str
    source_name: str
    layer: str
    name: str
    code: str
    message: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailurePeriod:
    """How many jobs failed in a period: a day such as 2026-11-24, or a run ID."""

    period: str
    jobs: int


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failed jobs with one cause; `title` and `hint` are empty for a host or a place."""

    key: str
    title: str
    hint: str
    codes: list[str]
    rerun_helps: bool
    jobs: int
    sources: int
    now: int
    before: int
    series: list[FailurePeriod]
    failing: int
    failing_since: datetime | None
    examples: list[FailureExample]
    acknowledged: int

    @property
    def is_acknowledged(self) -> bool:
        """Return whether every failure of the group is acknowledged."""
        return self.acknowledged >= self.jobs

    @property
    def counts(self) -> list[int]:
        """Return the number of failed jobs in each period, oldest first."""
        return [period.jobs for period in self.series]


def can_rerun(codes: list[str]) -> bool:
    """Return whether a rerun may succeed without a change of the source."""
    return all(code in FAILURES and FAILURES[code].rerun_helps for code in codes)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the new result next to that of the published one; None is unknown."""

    what: str
    now: int | None
    published: int | None

    @property
    def change(self) -> float | None:
        """Return the change as a share of the published number."""
        return (self.now - self.published) / self.published if self.published and self.now is not None else None


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A job that needs review, with the reasons, its result and the published one."""

    id: int
    run: int
    source_name: str
    layer: str
    name: str
    ended_at: datetime | None
    result: JsonObject | None
    errors: list[JsonObject]
    created_at: datetime | None
    published_job: int | None
    published_at: datetime | None
    published_result: JsonObject | None

    @property
    def job(self) -> int:
        """Return the job's ID, under the name that responses use."""
        return self.id

    @property
    def figures(self) -> list[Figure]:
        """Return the number of features, and of values in each field, next to the published ones."""
        new, published = self.result or {}, self.published_result or {}
        fields = dict.fromkeys([*compared_fields(published), *compared_fields(new)])
        paths = {"features": ("count",), **{field: ("fields", field) for field in fields}}
        return [Figure(what, _number(new, path), _number(published, path)) for what, path in paths.items()]


@dataclass(frozen=True, slots=True)
class AdjacentJobs:
    """The jobs before and after one in the review queue, newest first, and how many come before it."""

    previous: int | None
    next: int | None
    before: int


def _number(result: JsonObject, path: tuple[str, ...]) -> int | None:
    value: object = result
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
