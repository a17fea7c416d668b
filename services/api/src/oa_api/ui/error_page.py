"""Errors as a page, for those who asked for a page."""

from aiohttp import hdrs, web

from oa_api.http.problem import PROBLEM
from oa_api.ui.rendering import render

_FOR_PROGRAMS = ("/api", "/metrics", "/static/")
_HINTS = {
    "not_found": "It may have been removed, or the address has a slip in it.",
    "unauthorized": "Sign in first, or use a token.",
    "forbidden": "Ask an admin for a higher role.",
    "conflict": "Somebody or something was faster: look at the page again.",
    "bug": "Try again; if it stays, tell an operator the time and the address.",
}
_LISTS = {"/runs/": "/runs", "/jobs/": "/jobs", "/data/": "/data"}


def wants_page(request: web.Request) -> bool:
    """Return whether an error is better told as HTML: to a browser, outside the API."""
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(_FOR_PROGRAMS)


def error_page(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """Return an answer with problem details as a page where that is wanted, any other as it is."""
    problem = answer.get(PROBLEM)
    if problem is None or not wants_page(request):
        return answer
    hint = _HINTS.get(problem["code"], "")
    back = next((path for start, path in _LISTS.items() if request.path.startswith(start)), "")
    page = render(request, "error.html", status=answer.status, problem=problem, hint=hint, back=back)
    for name in (hdrs.RETRY_AFTER, hdrs.ALLOW):
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    return page
