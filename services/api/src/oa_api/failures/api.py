"""GET /api/failure."""

from aiohttp import web

from oa_api.failures import failures
from oa_api.failures.schemas import FailureFilterSchema, FailureListSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import query


async def list_failures(request: web.Request) -> web.Response:
    """Return failures by their cause."""
    asked = await query(request, FailureFilterSchema())
    found = await failures.group_failures(request.app[DATABASE], asked)
    return web.json_response(FailureListSchema().dump({"by": asked["by"], "failures": found}))
