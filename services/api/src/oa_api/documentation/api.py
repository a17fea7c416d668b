"""The OpenAPI document."""

import json

from aiohttp import web

from oa_api.http.app_keys import DOCUMENT


async def get_openapi(request: web.Request) -> web.Response:
    """Return the OpenAPI 3.1 document."""
    return web.json_response(request.app[DOCUMENT], dumps=lambda value: json.dumps(value, indent=1))
