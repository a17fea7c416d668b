"""The overview page: the verdict on the latest weekly run, what runs and waits, throughput, published data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import web

from oa_api.datasets import queries as datasets
from oa_api.datasets.rows import DatasetRow
from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE, PROCESS
from oa_api.http.time_limits import REQUEST_WAIT_S
from oa_api.jobs.pages.run_outcome import RunOutcome, read_outcome
from oa_api.jobs.pages.run_views import RunView, run_view, run_views
from oa_api.jobs.queries import list_runs, list_runs_by_id
from oa_api.jobs.requests import RunFilter
from oa_api.jobs.run_changes import WeeklyRunRow, list_weekly_runs
from oa_api.pauses import pauses
from oa_api.pauses.rows import PauseRow
from oa_api.status import queries
from oa_api.status.coverage import COVERAGE
from oa_api.status.health import check_health
from oa_api.status.queries import HourCountRow, RunningJobRow
from oa_api.ui import charts
from oa_api.ui.rendering import render
from oa_shared.time_limits import limit_waits

log = structlog.get_logger()
_RUNS, _RUNNING, _PUBLISHED, _PAUSES, _WEEKS = 8, 8, 8, 5, 12
_HOURS = 24


@dataclass(frozen=True, slots=True)
class WeekView:
    """A weekly run in the strip of weeks."""

    period: str
    view: RunView

    @property
    def label(self) -> str:
        """Return the last part of the period: `W48` of 2026-W48."""
        return self.period.rpartition("-")[2]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview page shows of the database; `coverage` is an SVG path, `weekly` the latest weekly run."""

    weekly: RunOutcome | None
    weeks: list[WeekView]
    open_jobs: dict[str, int]
    failing_datasets: int
    runs: list[RunView]
    running: list[RunningJobRow]
    ended_by_hour: charts.Chart
    pauses: list[PauseRow]
    published: list[DatasetRow]
    coverage: str


async def show_overview(request: web.Request) -> web.Response:
    """Show the page; while the database does not respond it has the problems only. 503 if there are problems."""
    health = await check_health(request.app)
    overview = None
    if health.has_database and not request.app[PROCESS].waiting_for:
        try:
            with limit_waits(REQUEST_WAIT_S):
                overview = await _read_overview(request.app[DATABASE], await request.app[COVERAGE].get())
        except StoreError as error:
            log.warning("overview_not_read", error=error.detail)
    is_part = "HX-Request" in request.headers
    status = 503 if health.problems and not is_part else 200
    return render(request, "status/overview.html", status=status, health=health, overview=overview)


async def _read_overview(database: Database, coverage: str) -> Overview:
    runs = await list_runs(database, RunFilter(limit=_RUNS))
    open_jobs = await queries.count_open_jobs(database)
    weeks = await _list_weeks(database)
    return Overview(
        weekly=await read_outcome(database, weeks[-1].view.run) if weeks else None,
        weeks=weeks,
        open_jobs=open_jobs,
        failing_datasets=await queries.count_failing_datasets(database),
        runs=run_views(runs.rows),
        running=await queries.list_running_jobs(database, limit=_RUNNING) if open_jobs.get("Running") else [],
        ended_by_hour=_chart_by_hour(await queries.count_ended_jobs(database)),
        pauses=await pauses.list_active(database, limit=_PAUSES),
        published=await datasets.recent_datasets(database, _PUBLISHED),
        coverage=coverage,
    )


async def _list_weeks(database: Database) -> list[WeekView]:
    """Return the latest weekly runs, oldest first."""
    rows: list[WeeklyRunRow] = await list_weekly_runs(database, limit=_WEEKS)
    runs = {run.id: run for run in await list_runs_by_id(database, [row.run_id for row in rows])}
    return [WeekView(row.period, run_view(runs[row.run_id])) for row in reversed(rows) if row.run_id in runs]


def _chart_by_hour(rows: Iterable[HourCountRow]) -> charts.Chart:
    """Return a chart of the last 24 hours, with hours in which no job ended."""
    jobs = {row.hour.astimezone(UTC): row.jobs for row in rows}
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in range(_HOURS - 1, -1, -1)]
    return charts.column_chart([(hour.strftime("%H:%M"), jobs.get(hour, 0)) for hour in hours])
