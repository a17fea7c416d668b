"""The overview page: running jobs, failures, throughput, published data, and the health of the service."""

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
from oa_api.jobs.pages.run_views import RunView, run_views
from oa_api.jobs.queries import list_runs
from oa_api.jobs.requests import RunFilter
from oa_api.pauses import pauses
from oa_api.pauses.rows import PauseRow
from oa_api.status import queries
from oa_api.status.health import Health
from oa_api.status.queries import AreaRow, FailureCountRow, HourCountRow, RunningJobRow
from oa_api.ui import charts
from oa_api.ui.rendering import render
from oa_api.ui.timed_cache import TimedCache
from oa_shared.failures import FAILURES
from oa_shared.time_limits import limit_waits

log = structlog.get_logger()
_RUNS, _RUNNING, _PUBLISHED, _PAUSES = 8, 8, 8, 5
_HOURS = 24
_COVERAGE_MAX_AGE_S = 60
COVERAGE: web.AppKey[TimedCache[str]] = web.AppKey("coverage", TimedCache)


@dataclass(frozen=True, slots=True)
class FailureView:
    """Failures with a code, and the code's title and hint; both are empty for an unknown code."""

    row: FailureCountRow
    title: str
    hint: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview page shows of the database; `coverage` is an SVG path."""

    open_jobs: dict[str, int]
    failed: str
    ended: str
    runs: list[RunView]
    running: list[RunningJobRow]
    failures: list[FailureView]
    ended_by_hour: charts.Chart
    pauses: list[PauseRow]
    published: list[DatasetRow]
    coverage: str


async def render_overview(request: web.Request, health: Health) -> web.Response:
    """Return the page; while the database does not respond it has the problems only."""
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


def set_up_overview(app: web.Application) -> None:
    """Cache the coverage, which is the same for all users and costs a scan of all datasets."""

    async def read_coverage() -> str:
        return _svg_path(await queries.list_covered_areas(app[DATABASE]))

    app[COVERAGE] = TimedCache(read_coverage, _COVERAGE_MAX_AGE_S)


async def _read_overview(database: Database, coverage: str) -> Overview:
    runs = await list_runs(database, RunFilter(limit=_RUNS))
    failures = await queries.list_failures(database)
    ended = await queries.count_ended_jobs(database)
    return Overview(
        open_jobs=await queries.count_open_jobs(database),
        failed=_bounded_count((row.jobs for row in failures), queries.LATEST_FAILURES),
        ended=_bounded_count((row.jobs for row in ended), queries.LATEST_ENDED),
        runs=run_views(runs.rows),
        running=await queries.list_running_jobs(database, limit=_RUNNING),
        failures=[_failure_view(row) for row in failures],
        ended_by_hour=_chart_by_hour(ended),
        pauses=await pauses.list_active(database, limit=_PAUSES),
        published=await datasets.recent_datasets(database, _PUBLISHED),
        coverage=coverage,
    )


def _bounded_count(counts: Iterable[int], limit: int) -> str:
    count = sum(counts)
    return f"{count:,}" if count < limit else f"{limit:,} or more"


def _failure_view(row: FailureCountRow) -> FailureView:
    failure = FAILURES.get(row.code)
    return FailureView(row, failure.title if failure else "", failure.hint if failure else "")


def _chart_by_hour(rows: Iterable[HourCountRow]) -> charts.Chart:
    """Return a chart of the last 24 hours, with hours in which no job ended."""
    jobs = {row.hour.astimezone(UTC): row.jobs for row in rows}
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in range(_HOURS - 1, -1, -1)]
    return charts.column_chart([(hour.strftime("%H:%M"), jobs.get(hour, 0)) for hour in hours])


def _svg_path(areas: Iterable[AreaRow]) -> str:
    """Return the path of rectangles in an SVG whose units are degrees, with north at the top."""
    return "".join(
        f"M{area.west} {-area.south - area.height}h{area.width}v{area.height}h-{area.width}z" for area in areas
    )
