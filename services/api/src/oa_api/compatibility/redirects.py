"""The page addresses of openaddresses/batch, each redirected to a page of this service."""

from urllib.parse import quote

from aiohttp import web

from oa_api.compatibility.table import RecognizedBy, read_table
from oa_api.http.problem import Handler
from oa_api.http.request_parsing import path_id

API_PREFIX = "/api"


def read_redirects() -> dict[str, str]:
    """Return the page of this service by the path of openaddresses/batch; a parameter is the ID of the same thing."""
    pages = [
        row
        for row in read_table()
        if row.recognized_by is RecognizedBy.PATH and not row.endpoint[1].startswith(API_PREFIX)
    ]
    return {row.endpoint[1]: row.version_2.removeprefix("GET ") for row in pages if row.version_2}


def redirect_to(page: str) -> Handler:
    """Return a handler that redirects to a page, with the IDs of the request. It raises NotFoundError."""

    async def redirect(request: web.Request) -> web.StreamResponse:
        values = {name: path_id(request, name) for name in request.match_info}
        target = page.format(**{name: quote(str(value)) for name, value in values.items()})
        return web.Response(status=301, headers={"Location": target})

    return redirect
