"""The OpenAPI document."""

from aiohttp import web

DOCUMENT_JSON = web.AppKey("document_json", bytes)


async def get_openapi(request: web.Request) -> web.Response:
    """Return the OpenAPI 3.1 document."""
    return web.Response(body=request.app[DOCUMENT_JSON], content_type="application/json", charset="utf-8")
