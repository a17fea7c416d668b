"""GET /api/report."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import query
from oa_api.reporting import health_digest
from oa_api.schedules import schedule_runs
from oa_api.schedules.report_schemas import ReportFormatSchema, ReportViewSchema
from oa_api.settings import site_url
from oa_shared.schedule_types import ScheduleType

_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def get_report(request: web.Request) -> web.Response:
    """Return the last digest."""
    asked, database, settings = await query(request, ReportFormatSchema()), request.app[DATABASE], request.app[SETTINGS]
    schedule_run = await schedule_runs.latest_done(database, ScheduleType.REPORT)
    if schedule_run is None:
        raise NotFoundError('there has been no report yet: POST /api/schedule {"type": "report"} makes one')
    made = await health_digest.read(database, schedule_run, stale_days=settings.stale_after_days)
    if asked["format"] == "text":
        return web.Response(text=health_digest.as_text(made, site_url(settings)), content_type="text/plain")
    if asked["format"] == "html":
        html = health_digest.as_html(made, site_url(settings))
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})
    return web.json_response(ReportViewSchema().dump(health_digest.as_json(made)))
