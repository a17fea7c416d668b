"""The HTTP port with the health check and the metrics of the dispatcher."""

import time

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from oa_dispatcher.metrics import SWEEP_AGE_S
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.sweep import BatchSweep


def health_app(settings: DispatcherSettings, sweep: BatchSweep) -> web.Application:
    """Return an application with /health and /metrics."""
    started = time.monotonic()

    def age_s() -> float:
        return time.monotonic() - (sweep.completed_at or started)

    async def health(_request: web.Request) -> web.Response:
        is_healthy = age_s() < 3 * settings.sweep_every_s + 60
        body = {"status": "ok" if is_healthy else "unhealthy", "last_sweep_age_s": round(age_s(), 1)}
        return web.json_response(body, status=200 if is_healthy else 503)

    async def metrics(_request: web.Request) -> web.Response:
        SWEEP_AGE_S.set(age_s())
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    return app
