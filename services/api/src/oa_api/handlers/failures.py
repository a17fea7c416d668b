"""GET /api/failure."""

from aiohttp import web

from oa_api.operators import failures
from oa_api.requests import query
from oa_api.schemas.failures import FailureFilter, FailureList
from oa_api.services import DATABASE


async def list_failures(request: web.Request) -> web.Response:
    """Return failures by their cause."""
    asked = await query(request, FailureFilter())
    found = await failures.causes(request.app[DATABASE], asked)
    return web.json_response(FailureList().dump({"by": asked["by"], "failures": found}))
