"""GET /api/report."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import read_query
from oa_api.reporting import health_digest
from oa_api.schedules import schedule_runs
from oa_api.schedules.report_schemas import ReportFormatSchema, ReportViewSchema
from oa_api.schedules.report_task import digest_period
from oa_api.settings import site_url
from oa_shared.schedule_types import ScheduleType

_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def get_report(request: web.Request) -> web.Response:
    """Return the latest digest. Raises NotFoundError."""
    media, database, settings = (
        (await read_query(request, ReportFormatSchema())).format,
        request.app[DATABASE],
        request.app[SETTINGS],
    )
    schedule_run = await schedule_runs.latest_done(database, ScheduleType.REPORT)
    if schedule_run is None:
        raise NotFoundError('no report yet: create one with POST /api/schedule {"type": "report"}')
    digest = await health_digest.read_digest(
        database, digest_period(schedule_run), stale_days=settings.stale_after_days
    )
    if media == "text":
        return web.Response(text=health_digest.as_text(digest, site_url(settings)), content_type="text/plain")
    if media == "html":
        html = health_digest.as_html(digest, site_url(settings))
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})
    return web.json_response(ReportViewSchema().dump(digest))
