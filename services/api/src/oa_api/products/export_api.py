"""The endpoints below /api/export."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.products import exports, queries
from oa_api.products.product_requests import export_limits, requester_of, send_output
from oa_api.products.responses import ExportSchema
from oa_api.products.schemas import ExportFilterSchema, NewExportSchema

_EXPORT = ExportSchema()


async def list_exports(request: web.Request) -> web.Response:
    """Return a page of exports, newest first."""
    export_filter = await read_query(request, ExportFilterSchema())
    page = await queries.list_exports(request.app[DATABASE], export_filter)
    return list_response(request, export_filter, "exports", page, serialize=_EXPORT.dump)


async def get_export(request: web.Request) -> web.Response:
    """Return one export."""
    export = await queries.get_export(request.app[DATABASE], path_id(request, "export"))
    return web.json_response(_EXPORT.dump(export))


async def post_export(request: web.Request) -> web.Response:
    """Create an export."""
    new_export, database = await read_body(request, NewExportSchema()), request.app[DATABASE]
    idempotency = await read_idempotency_key(request, "export", owner=request[PRINCIPAL].owner)
    created = await exports.create_export(
        database, new_export, requester_of(request), idempotency=idempotency, limits=export_limits(request)
    )
    return web.json_response(_EXPORT.dump(await queries.get_export(database, created)))


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to the file of an export, or stream it."""
    export = await queries.get_export(request.app[DATABASE], path_id(request, "export"))
    if export.is_expired:
        raise NotFoundError(f"export {export.id} has expired: create it again")
    return await send_output(request, export, request.match_info["file"], label=f"export {export.id}")
