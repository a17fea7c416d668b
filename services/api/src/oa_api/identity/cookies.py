"""The two cookies: a session, and the visit of a browser in which nobody is signed in yet.

Over https they have the prefix `__Host-`: no neighbouring host and no plain connection can set one.
"""

from aiohttp import web

from oa_api.http.app_keys import SETTINGS
from oa_api.identity.credential import new_secret
from oa_api.settings import Settings

SESSION, VISIT = "oa_session", "oa_visit"
SESSION_S = 60 * 24 * 3600
_VISIT_S = 24 * 3600
_LONGEST = 100
NEW_VISIT = web.RequestKey("new_visit", str)


def is_secure(settings: Settings) -> bool:
    """Return whether browsers come by https."""
    return settings.public_url.startswith("https://")


def read(request: web.Request, name: str) -> str:
    """Return the value of one of our cookies, or nothing."""
    value = request.cookies.get(_full(request, name), "")
    return value if len(value) <= _LONGEST else ""


def set_cookie(response: web.StreamResponse, request: web.Request, name: str, value: str, *, age_s: int) -> None:
    """Give a browser one of our cookies, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        *(_full(request, name), value),
        max_age=age_s,
        path="/",
        secure=is_secure(request.app[SETTINGS]),
        httponly=True,
        samesite="Lax",
    )


def drop(response: web.StreamResponse, request: web.Request, name: str) -> None:
    """Take one of our cookies back."""
    set_cookie(response, request, name, "", age_s=0)


def visit(request: web.Request) -> str:
    """Return the visit that a browser is on, a new one for a browser that comes for the first time."""
    known = request.get(NEW_VISIT) or read(request, VISIT)
    if not known:
        request[NEW_VISIT] = known = new_secret()
    return known


def remember_visit(response: web.StreamResponse, request: web.Request) -> None:
    """Give the browser the cookie of a visit that has just begun."""
    if NEW_VISIT in request:
        set_cookie(response, request, VISIT, request[NEW_VISIT], age_s=_VISIT_S)


def _full(request: web.Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request.app[SETTINGS]) else name
