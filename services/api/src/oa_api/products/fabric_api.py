"""The endpoints below /api/fabric."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.request_parsing import read_body
from oa_api.identity.principal import PRINCIPAL
from oa_api.products import fabric, queries
from oa_api.products.product_requests import requester_of, send_output
from oa_api.products.responses import FabricSchema, StartedFabricSchema
from oa_api.products.schemas import NewBuildSchema


async def get_fabric(request: web.Request) -> web.Response:
    """Return the latest tiles of each layer."""
    layers = await queries.list_fabric_layers(request.app[DATABASE])
    return web.json_response(FabricSchema().dump({"layers": layers}))


async def post_fabric(request: web.Request) -> web.Response:
    """Start a build of each layer whose data has changed."""
    new_build = await read_body(request, NewBuildSchema())
    idempotency = await read_idempotency_key(request, fabric.ROUTE, owner=request[PRINCIPAL].owner)
    started = await fabric.build_fabric(
        request.app[DATABASE], new_build, requester_of(request), idempotency=idempotency
    )
    return web.json_response(StartedFabricSchema().dump({"layers": started}))


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to the latest tiles of a layer, or stream them; maps need ranges of the file."""
    layer = await queries.get_fabric_layer(request.app[DATABASE], request.match_info["layer"])
    return await send_output(request, layer, request.match_info["file"], label=f"fabric {layer.layer}")
