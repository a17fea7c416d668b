"""The two cookies: the session of an account, and the anonymous session of a browser before sign-in.

Over HTTPS they have the prefix `__Host-`: no other host of the domain and no plain connection can set them.
"""

from aiohttp import web

from oa_api.http.app_keys import SETTINGS
from oa_api.identity.credential import new_secret
from oa_api.settings import Settings

SESSION, ANONYMOUS_SESSION = "oa_session", "oa_anonymous"
SESSION_MAX_AGE_S = 60 * 24 * 3600
_ANONYMOUS_MAX_AGE_S = 24 * 3600
_MAX_LENGTH = 100
_NEW_ANONYMOUS_SESSION = web.RequestKey("new_anonymous_session", str)


def is_secure(settings: Settings) -> bool:
    """Return whether browsers use HTTPS."""
    return settings.public_url.startswith("https://")


def read(request: web.Request, name: str) -> str:
    """Return the value of a cookie, or an empty text."""
    value = request.cookies.get(_full_name(request, name), "")
    return value if len(value) <= _MAX_LENGTH else ""


def set_cookie(response: web.StreamResponse, request: web.Request, name: str, value: str, *, max_age_s: int) -> None:
    """Set a cookie, which neither scripts nor forms of other sites can use."""
    response.set_cookie(
        _full_name(request, name),
        value,
        max_age=max_age_s,
        path="/",
        secure=is_secure(request.app[SETTINGS]),
        httponly=True,
        samesite="Lax",
    )


def delete_cookie(response: web.StreamResponse, request: web.Request, name: str) -> None:
    """Delete a cookie."""
    set_cookie(response, request, name, "", max_age_s=0)


def anonymous_session(request: web.Request) -> str:
    """Return the secret of the browser's anonymous session, a new one for a browser without."""
    secret = request.get(_NEW_ANONYMOUS_SESSION) or read(request, ANONYMOUS_SESSION)
    if not secret:
        request[_NEW_ANONYMOUS_SESSION] = secret = new_secret()
    return secret


def set_anonymous_session(response: web.StreamResponse, request: web.Request) -> None:
    """Set the cookie of an anonymous session that this request started."""
    if _NEW_ANONYMOUS_SESSION in request:
        secret = request[_NEW_ANONYMOUS_SESSION]
        set_cookie(response, request, ANONYMOUS_SESSION, secret, max_age_s=_ANONYMOUS_MAX_AGE_S)


def _full_name(request: web.Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request.app[SETTINGS]) else name
