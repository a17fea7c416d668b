"""The endpoints below /api/fabric."""

from aiohttp import web

from oa_api.errors import NotFoundError
from oa_api.handlers.idempotency import once
from oa_api.handlers.products import asker, send_output
from oa_api.products import fabric
from oa_api.products.views import fabric_view
from oa_api.requests import body
from oa_api.schemas.product_answers import FabricStarted
from oa_api.schemas.products import NewBuild
from oa_api.services import DATABASE
from oa_api.store.queries import queries
from oa_shared.status import LAYERS

_SQL = queries("products")


async def get_fabric(request: web.Request) -> web.Response:
    """Return the newest map of each layer."""
    rows = await request.app[DATABASE].all(_SQL["fabrics"], {"layers": list(LAYERS)})
    return web.json_response({"layers": [fabric_view(row) for row in rows]})


async def post_fabric(request: web.Request) -> web.Response:
    """Start a build of each layer whose data has changed."""
    asked = await body(request, NewBuild())
    key = await once(request, fabric.ROUTE)
    made = await fabric.build(
        request.app[DATABASE], asker(request), once=key, is_forced=asked["force"], why=asked["why"]
    )
    return web.json_response(FabricStarted().dump({"layers": made}))


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to the newest map of a layer, or stream it; ranges work, as maps need them."""
    layer = request.match_info["layer"]
    rows = await request.app[DATABASE].all(_SQL["fabrics"], {"layers": [layer]})
    if layer not in LAYERS:
        raise NotFoundError(f"there is no layer {layer[:40]!r}: use one of {', '.join(LAYERS)}")
    return await send_output(request, rows[0], request.match_info["file"], whose=f"the map of {layer}")
