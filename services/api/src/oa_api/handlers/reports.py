"""GET /api/report."""

from aiohttp import web

from oa_api.errors import NotFoundError
from oa_api.reporting import report
from oa_api.requests import query
from oa_api.schedules import fires
from oa_api.schemas.reports import ReportFormat, ReportView
from oa_api.services import DATABASE, SETTINGS
from oa_api.settings import site_of
from oa_shared.schedule_types import ScheduleType

_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def get_report(request: web.Request) -> web.Response:
    """Return the last digest."""
    asked, database, settings = await query(request, ReportFormat()), request.app[DATABASE], request.app[SETTINGS]
    fire = await fires.latest_done(database, ScheduleType.REPORT)
    if fire is None:
        raise NotFoundError('there has been no report yet: POST /api/schedule {"type": "report"} makes one')
    made = await report.read(database, fire, stale_days=settings.stale_after_days)
    if asked["format"] == "text":
        return web.Response(text=report.as_text(made, site_of(settings)), content_type="text/plain")
    if asked["format"] == "html":
        html = report.as_html(made, site_of(settings))
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})
    return web.json_response(ReportView().dump(report.as_json(made)))
