"""The endpoints below /api/export."""

from aiohttp import web

from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import NotFoundError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.request_parsing import body, path_id, query
from oa_api.products import exports
from oa_api.products.exports import ExportLimits
from oa_api.products.listing import asker, page, send_output
from oa_api.products.schemas import ExportFilterSchema, NewExportSchema
from oa_api.products.serializers import export_view

_SQL = load_queries("products.queries")


async def list_exports(request: web.Request) -> web.Response:
    """Return a page of exports, newest first."""
    return await page(request, await query(request, ExportFilterSchema()), "exports", view=export_view)


async def get_export(request: web.Request) -> web.Response:
    """Return one export."""
    return web.json_response(export_view(await _row(request)))


async def post_export(request: web.Request) -> web.Response:
    """Start an export."""
    asked = await body(request, NewExportSchema())
    key = await read_idempotency_key(request, "export")
    made = await exports.create(request.app[DATABASE], asked, asker(request), once=key, limits=limits_of(request))
    return web.json_response(export_view(await _row(request, made)))


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to the file of an export, or stream it."""
    row = await _row(request)
    if row["is_expired"]:
        raise NotFoundError(f"export {row['id']} has expired: ask for it again")
    return await send_output(request, row, request.match_info["file"], whose=f"export {row['id']}")


def limits_of(request: web.Request) -> ExportLimits:
    """Return how much one export may read, by the settings."""
    settings = request.app[SETTINGS]
    return ExportLimits(settings.export_inputs, settings.export_features, settings.export_keep_days)


async def _row(request: web.Request, export: int | None = None) -> Row:
    number = export or path_id(request, "export")
    row = await request.app[DATABASE].first(_SQL["export"], {"export": number})
    if row is None:
        raise NotFoundError(f"there is no export {number}")
    return row
