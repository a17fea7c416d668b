"""The plain page: runs, their jobs with states and errors, links to the files."""

from aiohttp import web
from jinja2 import Environment, PackageLoader, select_autoescape

from oa_api.representation import job_view
from oa_api.services import DATABASE
from oa_api.store.queries import queries

_SQL = queries("reads")
_TEMPLATES = Environment(loader=PackageLoader("oa_api"), autoescape=select_autoescape(default=True))
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_SHOWN = 50


async def overview(request: web.Request) -> web.Response:
    """Return the page as HTML; what sources say is only ever text in it."""
    database = request.app[DATABASE]
    nothing = dict.fromkeys(("run", "live", "before", "after", "cursor", "status", "source", "layer"))
    values = {**nothing, "limit": _SHOWN, "offset": 0}
    rows = await database.all(_SQL["jobs"], values)
    published = await database.all(_SQL["data"], values)
    html = _TEMPLATES.get_template("overview.html").render(jobs=[job_view(row) for row in rows], published=published)
    return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})


async def docs(_request: web.Request) -> web.Response:
    """Return the endpoints as a page."""
    from oa_api.openapi import document  # noqa: PLC0415 - the document is built from the routes of the application

    html = _TEMPLATES.get_template("docs.html").render(document=document("1.0.0"))
    return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})
