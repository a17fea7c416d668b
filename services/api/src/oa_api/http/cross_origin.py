"""Cross-origin resource sharing (CORS): scripts of every site may read the API, `/latest`, the feed and files.

Pages stay closed: they serve the cookie of a session, and no other site needs them.

The headers are set by a signal of aiohttp, so redirects, streams, 304 and errors have them too. They permit no
credentials of the browser: a request of another site counts as anonymous, whatever cookie comes with it. A token in the
`Authorization` header works, because only a script that knows it can send it.
"""

from http import HTTPStatus

from aiohttp import hdrs, web
from yarl import URL

from oa_api.http.app_keys import SETTINGS
from oa_api.http.errors import BadRequestError
from oa_api.http.problem import Handler

READS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
# The open paths, each with everything below it.
OPEN_TREES = ("/api", "/latest", "/upload", "/data/feed.atom")
EXPOSED_HEADERS = (
    *("Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "ETag", "Link", "RateLimit"),
    *("RateLimit-Policy", "Retry-After", "Warning", "X-Request-Id"),
)
REQUEST_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Range")
_ANY_SITE = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: ", ".join(EXPOSED_HEADERS),
}
_PREFLIGHT = {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: ", ".join(sorted(READS)),
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ", ".join(REQUEST_HEADERS),
    # The most that a browser remembers.
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
}


def is_open_path(path: str) -> bool:
    """Return whether reads of a path, or of the path of a route, are open to every site, also if nothing is there."""
    return any(path == tree or path.startswith(f"{tree}/") for tree in OPEN_TREES)


@web.middleware
async def answer_preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Permit a browser to read an open path for a script of another site, without identifying the caller."""
    is_preflight = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_METHOD, "") in READS
    if request.method == hdrs.METH_OPTIONS and is_preflight and is_open_path(request.path):
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)
    return await handler(request)


async def add_cross_origin_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Open a response of an open path to every site; of another method than a read, only the refusal.

    A preflight for another method is refused without these headers, so that browsers do not send that request.
    """
    if not is_open_path(request.path) or _asks_to_write(request):
        return
    is_preflight = request.method == hdrs.METH_OPTIONS
    if request.method in READS or is_preflight or response.status >= HTTPStatus.BAD_REQUEST:
        set_cross_origin_headers(response)
        if not request.cookies:
            # An image of another site may follow the redirect of `/latest`.
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def set_cross_origin_headers(response: web.StreamResponse) -> None:
    """Let scripts of every site read a response and its headers."""
    response.headers.update(_ANY_SITE)


def own_origin(request: web.Request) -> URL:
    """Return the origin of this site for browsers. Raises BadRequestError."""
    try:
        return URL(request.app[SETTINGS].public_url or f"{request.scheme}://{request.host}").origin()
    except ValueError as error:
        raise BadRequestError("the header `Host` is not a host name") from error


def is_of_another_origin(request: web.Request) -> bool:
    """Return whether the browser states that a script or form of another origin sent a request."""
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is not None and origin != str(own_origin(request))


def _asks_to_write(request: web.Request) -> bool:
    requested = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_METHOD)
    return request.method == hdrs.METH_OPTIONS and requested is not None and requested not in READS
