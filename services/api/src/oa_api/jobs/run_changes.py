"""Comparison of a run with the previous run of the same schedule: newly failed, still failed, fixed, gone."""

from collections.abc import Mapping
from dataclasses import dataclass

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.http.errors import InvalidError
from oa_api.jobs.requests import JobFilter, RunChangeKind
from oa_api.jobs.rows import StatusCountRow
from oa_api.jobs.run_rows import RunRow

_SQL = load_queries("jobs.run_changes")


@dataclass(frozen=True, slots=True)
class RunComparison:
    """How many datasets changed in each way since the previous run, `before`; `gone` counts once the run is closed."""

    before: int
    newly_failed: int
    still_failed: int
    fixed: int
    gone: int


@dataclass(frozen=True, slots=True)
class CauseRow:
    """How many jobs of a run failed with a code, and how many of these are acknowledged."""

    code: str
    jobs: int
    acknowledged: int


@dataclass(frozen=True, slots=True)
class WeeklyRunRow:
    """A run of the weekly schedule, and its ISO week."""

    run_id: int
    period: str


@dataclass(frozen=True, slots=True)
class _FailedCount:
    """Failed jobs of one run, and how the jobs of their datasets ended in another one."""

    failed: int
    failed_there: int
    succeeded_there: int


async def find_previous_run(database: Database, run: int) -> int | None:
    """Return the previous run of the same schedule; None for the first one, and for runs of no schedule."""
    return await database.first(_SQL["previous_run"], {"run": run}, into=int)


async def compare_run(database: Database, run: RunRow) -> RunComparison | None:
    """Return what changed since the previous run of the same schedule, or None without one."""
    before = await find_previous_run(database, run.id)
    if before is None:
        return None
    now = await _count_failed(database, run.id, other_run=before)
    then = await _count_failed(database, before, other_run=run.id)
    values = {"run": before, "other_run": run.id}
    gone = await database.first(_SQL["count_missing"], values, into=int) if run.closed else 0
    return RunComparison(
        before=before,
        newly_failed=now.failed - now.failed_there,
        still_failed=now.failed_there,
        fixed=then.succeeded_there,
        gone=gone or 0,
    )


async def comparison_parameters(database: Database, job_filter: JobFilter) -> Mapping[str, object] | None:
    """Return the SQL parameters that a filter by change adds; None if the run has none before, so that no job matches.

    Raises InvalidError for a filter without a run.
    """
    if job_filter.change is None:
        return {}
    if job_filter.run is None:
        raise InvalidError("a change is that of a run", fields={"run": ["Required with change."]})
    before = await find_previous_run(database, job_filter.run)
    if before is None:
        return None
    if job_filter.change is RunChangeKind.GONE:
        return {"run": before, "other_run": job_filter.run}
    return {"other_run": before}


async def list_causes(database: Database, run: int) -> list[CauseRow]:
    """Return the failed jobs of a run by failure code, most frequent first."""
    return await database.all(_SQL["causes"], {"run": run}, into=CauseRow)


async def count_reruns(database: Database, run: int) -> dict[str, int]:
    """Return the number of jobs of a run that were rerun, by their status now."""
    rows = await database.all(_SQL["reruns"], {"run": run}, into=StatusCountRow)
    return {row.status: row.jobs for row in rows}


async def count_before_reruns(database: Database, run: int) -> dict[str, int]:
    """Return the same number by the status before the rerun."""
    rows = await database.all(_SQL["before_reruns"], {"run": run}, into=StatusCountRow)
    return {row.status: row.jobs for row in rows}


async def list_weekly_runs(database: Database, *, limit: int) -> list[WeeklyRunRow]:
    """Return the latest runs of the weekly schedule, newest first."""
    return await database.all(_SQL["weekly_runs"], {"limit": limit}, into=WeeklyRunRow)


async def _count_failed(database: Database, run: int, *, other_run: int) -> _FailedCount:
    values = {"run": run, "other_run": other_run}
    (counts,) = await database.all(_SQL["count_failed"], values, into=_FailedCount)
    return counts
