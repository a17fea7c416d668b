"""Errors as pages, for browsers."""

from aiohttp import hdrs, web

from oa_api.http.problem import PROBLEM
from oa_api.ui.rendering import render

_NEVER_HTML = ("/api", "/metrics", "/static/")
_HINTS = {
    "not_found": "It may have been removed, or the address is mistyped.",
    "unauthorized": "Sign in first, or use a token.",
    "forbidden": "Ask an admin for a higher role.",
    "conflict": "This changed in the meantime; reload the page.",
    "bug": "Try again. If it fails again, report the time and the URL to an operator.",
}
_LISTS = {"/runs/": "/runs", "/jobs/": "/jobs", "/data/": "/data"}


def accepts_html(request: web.Request) -> bool:
    """Return whether an error should be HTML: for a browser, outside the API."""
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(_NEVER_HTML)


def render_error(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Return a response with problem details as a page if the client accepts HTML; else, and others, unchanged."""
    problem = response.get(PROBLEM)
    if problem is None or not accepts_html(request):
        return response
    hint = _HINTS.get(problem.code, "")
    list_path = next((path for start, path in _LISTS.items() if request.path.startswith(start)), "")
    page = render(request, "error.html", status=response.status, problem=problem, hint=hint, list_path=list_path)
    for name in (hdrs.RETRY_AFTER, hdrs.ALLOW):
        if name in response.headers:
            page.headers[name] = response.headers[name]
    return page
