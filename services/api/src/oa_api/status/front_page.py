"""The front page, for visitors: the purpose of the system, a search, the coverage, links to what a visitor may need."""

from dataclasses import dataclass

import structlog
from aiohttp import web

from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE, PROCESS
from oa_api.http.time_limits import REQUEST_WAIT_S
from oa_api.status import queries
from oa_api.status.coverage import COVERAGE
from oa_api.status.queries import DataTotals
from oa_api.ui.rendering import render
from oa_api.ui.timed_cache import TimedCache
from oa_shared.time_limits import limit_waits

log = structlog.get_logger()
_TOTALS_MAX_AGE_S = 300
TOTALS: web.AppKey[TimedCache[DataTotals]] = web.AppKey("totals", TimedCache)


@dataclass(frozen=True, slots=True)
class FrontData:
    """What the front page shows of the database; `coverage` is an SVG path."""

    totals: DataTotals
    coverage: str


def set_up_front(app: web.Application) -> None:
    """Cache the totals, which are the same for all users and cost a scan of all datasets."""
    app[TOTALS] = TimedCache(lambda: queries.total_data(app[DATABASE]), _TOTALS_MAX_AGE_S)


async def show_front(request: web.Request) -> web.Response:
    """Show the front page; while the database does not respond, without data and with 503."""
    front = None
    if not request.app[PROCESS].waiting_for:
        try:
            with limit_waits(REQUEST_WAIT_S):
                front = FrontData(await request.app[TOTALS].get(), await request.app[COVERAGE].get())
        except StoreError as error:
            log.warning("front_page_not_read", error=error.detail)
    return render(request, "status/front.html", status=200 if front else 503, front=front)
