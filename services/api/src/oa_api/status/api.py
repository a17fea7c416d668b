"""Health, version, and the page."""

from aiohttp import web

from oa_api.background.heartbeat import CONSUMER, GITHUB, RELAY, SWEEP
from oa_api.db.database import Row
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.pauses import pauses
from oa_api.status.overview_page import overview
from oa_api.status.schemas import HealthSchema, VersionSchema
from oa_shared.version import VERSION

_SQL = load_queries("background.heartbeat")


async def get_root(request: web.Request) -> web.Response:
    """Return the page to a browser, and to everybody else whether all duties are alive."""
    problems, workers = await health(request.app)
    if "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers:
        return await overview(request, problems=problems, workers=workers)
    beats = {row["name"]: {**row, "age_s": round(row["age_s"], 1)} for row in workers}
    view = {"status": "ok" if not problems else "unhealthy", "problems": problems, "workers": beats}
    view["paused"] = await _paused(request.app)
    return web.json_response(HealthSchema().dump(view), status=503 if problems else 200)


async def _paused(app: web.Application) -> list[str]:
    """Return what is held back, in words; nothing when the database cannot say."""
    try:
        return [pause.label for pause in await pauses.list_active(app[DATABASE])]
    except StoreError:
        return []


async def get_version(_request: web.Request) -> web.Response:
    """Return the version of the API."""
    return web.json_response(VersionSchema().dump({"version": VERSION}))


async def health(app: web.Application) -> tuple[list[str], list[Row]]:
    """Return what is wrong, in words, and when each duty last worked."""
    try:
        workers = await app[DATABASE].all(_SQL["heartbeats"])
    except StoreError as error:
        return [f"the database does not answer: {error.title}"], []
    silent_s = app[SETTINGS].worker_silent_s
    ages = {row["name"]: row["age_s"] for row in workers}
    problems = [
        f"{name} has not worked for {ages[name]:.0f} s" if name in ages else f"{name} has never worked"
        for name in (RELAY, CONSUMER, SWEEP, *[GITHUB] * bool(app[SETTINGS].github_repository))
        if ages.get(name, silent_s + 1) > silent_s
    ]
    return problems, workers
