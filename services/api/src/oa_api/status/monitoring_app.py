"""The application of a process without HTTP: its liveness, readiness and metrics."""

from aiohttp import web

from oa_api.background.process_state import ProcessState
from oa_api.db.database import Database
from oa_api.http.app_keys import DATABASE, PROCESS, QUEUES, SETTINGS
from oa_api.http.problem import Handler
from oa_api.settings import Settings
from oa_api.status import api, metrics_api
from oa_shared.time_limits import limit_waits

_WAIT_S = 1.8


def make_monitoring_app(settings: Settings, database: Database, process: ProcessState) -> web.Application:
    """Return an application with /live, /ready and /metrics."""
    app = web.Application(middlewares=[_limit_waits])
    app[SETTINGS], app[DATABASE], app[PROCESS], app[QUEUES] = settings, database, process, {}
    metrics_api.set_up_metrics(app)
    app.router.add_get("/live", api.get_liveness)
    app.router.add_get("/ready", api.get_readiness)
    app.router.add_get("/metrics", metrics_api.get_metrics)
    return app


@web.middleware
async def _limit_waits(request: web.Request, handler: Handler) -> web.StreamResponse:
    with limit_waits(_WAIT_S, total_s=_WAIT_S):
        return await handler(request)
