"""The OpenAPI document, and the same as a page."""

import json

from aiohttp import web

from oa_api.page import render
from oa_api.services import DOCUMENT


async def get_openapi(request: web.Request) -> web.Response:
    """Return the OpenAPI 3.1 document."""
    return web.json_response(request.app[DOCUMENT], dumps=lambda value: json.dumps(value, indent=1))


async def get_docs(request: web.Request) -> web.Response:
    """Return the endpoints, what they take and what they answer, as a page."""
    return render("docs.html", document=request.app[DOCUMENT])
