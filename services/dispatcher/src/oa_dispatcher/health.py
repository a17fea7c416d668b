"""A small port that says whether the dispatcher works."""

import time

from aiohttp import web
from prometheus_client import REGISTRY, generate_latest

from oa_dispatcher.settings import Settings
from oa_dispatcher.sweep import Sweep


def health_app(settings: Settings, sweep: Sweep) -> web.Application:
    """Return an application with /health and /metrics."""
    started = time.monotonic()

    async def health(_request: web.Request) -> web.Response:
        age_s = time.monotonic() - (sweep.worked_at or started)
        is_well = age_s < 3 * settings.sweep_every_s + 60
        body = {"status": "ok" if is_well else "unhealthy", "last_sweep_age_s": round(age_s, 1)}
        return web.json_response(body, status=200 if is_well else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(REGISTRY), content_type="text/plain")

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    return app
