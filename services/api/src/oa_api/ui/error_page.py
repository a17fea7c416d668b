"""Errors as pages, for browsers."""

import re

from aiohttp import hdrs, web

from oa_api.http.forms import sent_values
from oa_api.http.problem import PROBLEM
from oa_api.identity.authorization import ROLES
from oa_api.ui.rendering import render

_NEVER_HTML = ("/api", "/metrics", "/static/")
# What to do next, by status; by code where one says more.
_HINTS = {
    400: "Reload the page that you came from, and send its form again.",
    401: "Sign in first, or use a token.",
    403: "Ask an admin for the role, or go back.",
    404: "It may have been removed, or the address is mistyped.",
    405: "Open the page from a link instead of sending something to its address.",
    408: "Check the connection, and send the form again.",
    409: "This has changed since you opened the page: go back, reload the page, and decide again.",
    410: "Look for a newer version in the data.",
    413: "Send less at once, or use the API.",
    415: "Use the form of the page.",
    422: "Correct the values below, in the form or in the address.",
    429: "Wait a minute, then reload the page. Signing in raises the limit.",
    500: "Try again. If it fails again, report the time and the URL to an operator.",
    503: "Wait some seconds, then reload the page. The status page names the part that does not work.",
}
_HINTS_OF_CODES = {"preparing": "Reload the page in some seconds; the file is kept once it is ready."}
_LINKS = (("Home", "/"), ("Search", "/search"), ("Data", "/data"), ("Status", "/status"))
# Pages that the detail of a problem names.
_NAMED_PATH = re.compile(r"(?<!\S)/(?:data|jobs|runs)/\d+(?![\w/])")
_LISTS = {"/runs/": "/runs", "/jobs/": "/jobs", "/data/": "/data"}


def accepts_html(request: web.Request) -> bool:
    """Return whether an error should be HTML: for a browser, outside the API."""
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(_NEVER_HTML)


def render_error(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Return a response with problem details as a page if the client accepts HTML; else, and others, unchanged."""
    problem = response.get(PROBLEM)
    if problem is None or not accepts_html(request):
        return response
    hint = _HINTS_OF_CODES.get(problem.code) or _HINTS.get(response.status) or _HINTS[500]
    list_path = next((path for start, path in _LISTS.items() if request.path.startswith(start)), "")
    is_bad_filter = response.status == web.HTTPUnprocessableEntity.status_code and request.method == hdrs.METH_GET
    page = render(
        request,
        "error.html",
        status=response.status,
        problem=problem,
        hint=hint,
        sent=sent_values(request),
        list_path=list_path,
        unfiltered_path=request.path if is_bad_filter else "",
        named_paths=_NAMED_PATH.findall(problem.detail or ""),
        links=[(label, path) for label, path in _LINKS if (hdrs.METH_GET, path) in request.app[ROLES]],
    )
    for name in (hdrs.RETRY_AFTER, hdrs.ALLOW):
        if name in response.headers:
            page.headers[name] = response.headers[name]
    return page
