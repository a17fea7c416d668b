"""The API reference as a page, and the gallery of page components for development."""

import json

import aiohttp_jinja2
from aiohttp import web
from markupsafe import Markup

from oa_api.documentation.api import DOCUMENT_JSON
from oa_api.http.app_keys import DOCUMENT
from oa_api.ui import charts
from oa_api.ui.guides import GUIDES, get_guide
from oa_api.ui.rendering import render
from oa_shared.status import JobStatus

_COUNTS = {"Success": 61, "Warn": 4, "Fail": 9, "Running": 12, "Pending": 30}
_HISTORY = (("Jan", 410_000), ("Feb", 415_200), ("Mar", 398_000), ("Apr", 431_900), ("May", 433_000))
_SQUARE = {
    "type": "FeatureCollection",
    "bbox": [7.0, 46.0, 9.0, 48.0],
    "features": [
        {"type": "Feature", "properties": {"change": change}, "geometry": {"type": "Point", "coordinates": place}}
        for change, place in (("added", [7.2, 46.4]), ("removed", [8.1, 47.1]), ("changed", [8.7, 47.6]))
    ],
}


ENDPOINTS = web.AppKey("endpoints", Markup)
_RENDERED: dict[str, Markup] = {}


def set_up_documentation(app: web.Application) -> None:
    """Write the document and render its endpoints and the guides, once per process: they depend on the code only."""
    for name in GUIDES:
        get_guide(name)
    document = json.dumps(app[DOCUMENT], indent=1)
    app[DOCUMENT_JSON] = document.encode()
    if document not in _RENDERED:
        template = aiohttp_jinja2.get_env(app).get_template("documentation/endpoints.html")
        _RENDERED.clear()
        _RENDERED[document] = Markup(template.render(document=app[DOCUMENT]))  # noqa: S704 - the template escapes its values
    app[ENDPOINTS] = _RENDERED[document]


async def get_docs(request: web.Request) -> web.Response:
    """Return the endpoints with their parameters and responses, as a page."""
    return render(request, "documentation/api.html", document=request.app[DOCUMENT], endpoints=request.app[ENDPOINTS])


async def get_components(request: web.Request) -> web.Response:
    """Return every page component with sample values."""
    return render(
        request,
        "documentation/components.html",
        counts=_COUNTS,
        segments=charts.segments(_COUNTS, JobStatus),
        history=charts.line_chart(_HISTORY),
        hours=charts.column_chart([(f"{hour}:00", hour * 7 % 11) for hour in range(24)]),
        values=[value for _, value in _HISTORY],
        spark=charts.sparkline_path([value for _, value in _HISTORY]),
    )


async def get_sample_map(_request: web.Request) -> web.Response:
    """Return three sample changes for the map of the gallery."""
    return web.json_response(_SQUARE)
