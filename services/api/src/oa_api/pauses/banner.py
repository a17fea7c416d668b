"""The banner that every page shows while jobs are paused: what, since when, by whom and why."""

import structlog
from aiohttp import web

from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE
from oa_api.http.problem import Handler
from oa_api.pauses import pauses
from oa_api.pauses.rows import PauseNotice
from oa_api.ui.error_page import accepts_html
from oa_api.ui.rendering import PAUSE_NOTICES
from oa_api.ui.timed_cache import TimedCache
from oa_shared.time_limits import limit_waits

log = structlog.get_logger()
# A pause begins and ends at the latest this much later on the pages of all processes.
_MAX_AGE_S = 1.0
_WAIT_S = 1.0
_CACHE: web.AppKey[TimedCache[list[PauseNotice]]] = web.AppKey("pause_notices", TimedCache)


def set_up_banner(app: web.Application) -> None:
    """Cache the active pauses for a second: every page shows them."""

    async def read() -> list[PauseNotice]:
        try:
            with limit_waits(_WAIT_S, total_s=_WAIT_S):
                return await pauses.list_notices(app[DATABASE])
        except StoreError as error:
            # The page says itself what it cannot read; /status works without a database.
            log.warning("pauses_not_read", error=error.detail)
            return []

    app[_CACHE] = TimedCache(read, max_age_s=_MAX_AGE_S)


@web.middleware
async def add_pause_notices(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Call the handler; give pages the pauses that their banner shows."""
    if accepts_html(request) and "HX-Request" not in request.headers:
        request[PAUSE_NOTICES] = await request.app[_CACHE].get()
    return await handler(request)
