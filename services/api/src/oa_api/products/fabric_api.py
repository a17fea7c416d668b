"""The endpoints below /api/fabric."""

from aiohttp import web

from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.request_parsing import body
from oa_api.products import fabric
from oa_api.products.listing import asker, send_output
from oa_api.products.responses import FabricStartedSchema
from oa_api.products.schemas import NewBuildSchema
from oa_api.products.serializers import fabric_view
from oa_shared.status import LAYERS

_SQL = load_queries("products.queries")


async def get_fabric(request: web.Request) -> web.Response:
    """Return the newest map of each layer."""
    rows = await request.app[DATABASE].all(_SQL["fabrics"], {"layers": list(LAYERS)})
    return web.json_response({"layers": [fabric_view(row) for row in rows]})


async def post_fabric(request: web.Request) -> web.Response:
    """Start a build of each layer whose data has changed."""
    asked = await body(request, NewBuildSchema())
    key = await read_idempotency_key(request, fabric.ROUTE)
    made = await fabric.build(
        request.app[DATABASE], asker(request), once=key, is_forced=asked["force"], reason=asked["reason"]
    )
    return web.json_response(FabricStartedSchema().dump({"layers": made}))


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to the newest map of a layer, or stream it; ranges work, as maps need them."""
    layer = request.match_info["layer"]
    rows = await request.app[DATABASE].all(_SQL["fabrics"], {"layers": [layer]})
    if layer not in LAYERS:
        raise NotFoundError(f"there is no layer {layer[:40]!r}: use one of {', '.join(LAYERS)}")
    return await send_output(request, rows[0], request.match_info["file"], whose=f"the map of {layer}")
