"""The endpoints of health and version; browsers get the overview page."""

from aiohttp import web

from oa_api.status.health import check_health, list_pause_labels
from oa_api.status.overview_page import render_overview
from oa_api.status.schemas import HealthSchema, VersionSchema
from oa_shared.version import VERSION

_HEALTH, _VERSION = HealthSchema(), VersionSchema()


async def get_root(request: web.Request) -> web.Response:
    """Return the health of the service, with 503 if it has problems; to a browser the overview page."""
    health = await check_health(request.app)
    if "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers:
        return await render_overview(request, health)
    body = {
        "status": "unhealthy" if health.problems else "ok",
        "problems": health.problems,
        "workers": {
            worker.name: {"reported_at": worker.reported_at, "age_s": round(worker.age_s, 1)}
            for worker in health.workers
        },
        "paused": await list_pause_labels(request.app),
    }
    return web.json_response(_HEALTH.dump(body), status=503 if health.problems else 200)


async def get_version(_request: web.Request) -> web.Response:
    """Return the version of the API."""
    return web.json_response(_VERSION.dump({"version": VERSION}))
