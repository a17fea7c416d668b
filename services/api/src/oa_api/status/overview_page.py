"""The overview: what runs, what broke, how fast it goes, and whether anything is unwell."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from oa_api.datasets import queries
from oa_api.datasets.request_schemas import DataFilterSchema
from oa_api.db.database import Database, Row
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.jobs.pages.run_views import run_views
from oa_api.jobs.queries import list_runs
from oa_api.jobs.requests import RunFilter
from oa_api.pauses import pauses
from oa_api.ui import charts
from oa_api.ui.rendering import render
from oa_api.ui.timed_cache import Remembered
from oa_shared.failures import FAILURES

_SQL = load_queries("status.overview_page")
_RUNS, _AT_WORK, _PUBLISHED = 8, 8, 8
_LATEST_FAILURES, _WITHIN_S = 2_000, 7 * 86_400
_LATEST_JOBS = 5_000
_PAUSES, _AREAS = 5, 4_000
_COVERED_FOR_S = 60
COVERED: web.AppKey[Remembered[str]] = web.AppKey("covered", Remembered)
_HOURS = 24


async def overview(request: web.Request, *, problems: list[str], workers: list[Row]) -> web.Response:
    """Return the page; what the database cannot tell is left out, and `problems` says so."""
    try:
        covered = await request.app[COVERED].get()
        shown = {**await _shown(request.app[DATABASE]), "covered": covered}
    except StoreError:
        shown = None
    is_part = "HX-Request" in request.headers
    status = 503 if problems and not is_part else 200
    return render(request, "status/overview.html", status=status, problems=problems, workers=workers, shown=shown)


def set_up_overview(app: web.Application) -> None:
    """Remember where data lies: it is the same for everybody, and a look at all of it."""

    async def look() -> str:
        return _rectangles(await app[DATABASE].all(_SQL["covered"], {"limit": _AREAS}))

    app[COVERED] = Remembered(look, _COVERED_FOR_S)


async def _shown(database: Database) -> dict[str, Any]:
    runs = await list_runs(database, RunFilter(limit=_RUNS))
    newest = {**DataFilterSchema().load({}), "sort": "updated_at", "limit": _PUBLISHED}
    failed = await database.all(_SQL["causes"], {"latest": _LATEST_FAILURES, "within_s": _WITHIN_S})
    ended = await database.all(_SQL["ended_by_hour"], {"latest": _LATEST_JOBS})
    return {
        "unsettled": {row["status"]: row["jobs"] for row in await database.all(_SQL["count_unsettled"])},
        "failed": _bounded(sum(row["jobs"] for row in failed), _LATEST_FAILURES),
        "done": _bounded(sum(row["jobs"] for row in ended), _LATEST_JOBS),
        "runs": run_views(runs.rows),
        "at_work": await database.all(_SQL["jobs_at_work"], {"limit": _AT_WORK}),
        "causes": [_cause(row) for row in failed],
        "ended": _by_hour(ended),
        "paused": await pauses.list_active(database, limit=_PAUSES),
        "published": (await queries.datasets(database, newest))[:_PUBLISHED],
    }


def _bounded(counted: int, most: int) -> str:
    return f"{counted:,}" if counted < most else f"{most:,} or more"


def _cause(row: Row) -> Row:
    failure = FAILURES.get(row["code"])
    return {**row, "title": failure.title if failure else "", "hint": failure.hint if failure else ""}


def _by_hour(rows: list[Row]) -> charts.Chart:
    """Return the jobs that ended in each of the last 24 hours, also of those in which none did."""
    known = {row["hour"].astimezone(UTC): row["jobs"] for row in rows}
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in range(_HOURS - 1, -1, -1)]
    return charts.columns([(hour.strftime("%H:%M"), known.get(hour, 0)) for hour in hours])


def _rectangles(rows: list[Row]) -> str:
    """Return the path of rectangles on a map whose units are degrees, with north at the top."""
    return "".join(
        f"M{row['west']} {-row['south'] - row['height']}h{row['width']}v{row['height']}h-{row['width']}z"
        for row in rows
    )
