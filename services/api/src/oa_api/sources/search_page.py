"""The page of the search; a text that names exactly one page leads to it."""

from http import HTTPStatus

from aiohttp import hdrs, web

from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import read_query
from oa_api.sources.search import search
from oa_api.sources.search_schemas import SearchSchema
from oa_api.ui.rendering import render


async def show_search(request: web.Request) -> web.Response:
    """Show what a text finds, or redirect to the only page that it names."""
    text = (await read_query(request, SearchSchema())).q
    findings = await search(request.app[DATABASE], text)
    if findings.only_hit is not None:
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: findings.only_hit})
    return render(request, "sources/search.html", text=text, findings=findings)
