"""Failures grouped by cause: how many jobs, since when, the trend, and what to do next."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.failures.requests import FailureFilter, GroupBy
from oa_api.failures.rows import (
    FailingDatasets,
    FailureExample,
    FailureGroup,
    FailurePeriod,
    GroupRow,
    TrendRow,
    can_rerun,
)
from oa_api.http.errors import NotFoundError
from oa_shared.failures import FAILURES

_SQL = load_queries("failures.queries")
MAX_GROUPS = 200
# How many runs a trend compares.
_RUNS = 8


async def group_failures(database: Database, failure_filter: FailureFilter) -> list[FailureGroup]:
    """Return the groups of failures, largest first. Raises NotFoundError."""
    values: dict[str, object] = {**as_parameters(failure_filter), "limit": MAX_GROUPS, "runs": _RUNS}
    periods = await _list_periods(database, failure_filter, values)
    if failure_filter.run:
        rows = await database.all(_SQL["groups_of_run"], values, into=GroupRow)
    else:
        rows = await database.all(_SQL["groups_of_days"], values, into=GroupRow)
    values["keys"] = [row.key for row in rows]
    trend, current = await _count_by_period(database, failure_filter, values, periods)
    failing = {row.key: row for row in await database.all(_SQL["failing_datasets"], values, into=FailingDatasets)}
    examples = await _get_examples(database, rows)
    return [
        _make_group(
            row,
            by=failure_filter.by,
            trend=trend.get(row.key, {}),
            current=current,
            failing=failing.get(row.key, FailingDatasets(row.key, None, 0)),
            examples=[examples[job] for job in row.examples if job in examples],
        )
        for row in rows
    ]


async def _get_examples(database: Database, rows: Sequence[GroupRow]) -> dict[int, FailureExample]:
    jobs = [job for row in rows for job in row.examples]
    return {row.job: row for row in await database.all(_SQL["examples"], {"jobs": jobs}, into=FailureExample)}


async def _list_periods(database: Database, failure_filter: FailureFilter, values: Mapping[str, object]) -> list[str]:
    """Return the runs or the days to compare, oldest first."""
    if failure_filter.run is None:
        today = datetime.now(UTC).date()
        return [str(today - timedelta(days=ago)) for ago in reversed(range(2 * failure_filter.days))]
    runs = await database.all(_SQL["comparable_runs"], values, into=int)
    if not runs:
        raise NotFoundError(f"run {failure_filter.run} does not exist")
    return [str(run) for run in reversed(runs)]


async def _count_by_period(
    database: Database, failure_filter: FailureFilter, values: Mapping[str, object], periods: Sequence[str]
) -> tuple[dict[str, dict[str, int]], int]:
    """Return, by group and period, how many jobs failed; and how many periods, from the end, are current.

    Acknowledged failures do not count.
    """
    none = dict.fromkeys(periods, 0)
    if failure_filter.run is not None:
        run_values = {**values, "runs": [int(period) for period in periods]}
        rows, current = await database.all(_SQL["trend_of_runs"], run_values, into=TrendRow), 1
    else:
        uncounted = await database.all(_SQL["uncounted_days"], values, into=date)
        attempts = "codes" if failure_filter.by is GroupBy.CODE else "days"
        rows = await database.all(_SQL[f"trend_of_{attempts}"], {**values, "uncounted": uncounted}, into=TrendRow)
        current = failure_filter.days
    trend = {row.key: {**none, **row.by_period()} for row in rows}
    if failure_filter.run is None:
        for row in await database.all(_SQL["acknowledged_by_day"], values, into=TrendRow):
            quiet = row.by_period()
            trend[row.key] = {day: max(0, jobs - quiet.get(day, 0)) for day, jobs in trend.get(row.key, none).items()}
    return trend, current


def _make_group(
    row: GroupRow,
    *,
    by: GroupBy,
    trend: Mapping[str, int],
    current: int,
    failing: FailingDatasets,
    examples: list[FailureExample],
) -> FailureGroup:
    failure = FAILURES.get(row.key) if by is GroupBy.CODE else None
    counts = list(trend.values())
    return FailureGroup(
        key=row.key,
        title=failure.title if failure else "",
        hint=failure.hint if failure else "",
        codes=row.codes,
        rerun_helps=can_rerun(row.codes),
        jobs=row.jobs,
        sources=row.sources,
        now=sum(counts[-current:]),
        before=sum(counts[-2 * current : -current]),
        series=[FailurePeriod(period, jobs) for period, jobs in trend.items()],
        failing=failing.failing,
        failing_since=failing.failing_since,
        examples=examples,
        acknowledged=row.acknowledged,
    )
