"""That a form was sent by the page that it stands on, and not by another site that the browser happens to visit.

Two checks: what the browser says of the request's origin, and a token that only our own pages know. The token is made
from the secret of the cookie, so nothing is kept, and it tells nothing about that secret.
"""

import hashlib
import hmac

from aiohttp import web
from markupsafe import Markup
from yarl import URL

from oa_api.http.app_keys import SETTINGS
from oa_api.http.errors import BadRequestError, ForbiddenError
from oa_api.http.forms import CSRF_FIELD, MEDIA_TYPE, form_values
from oa_api.identity import cookies
from oa_api.identity.authentication import CREDENTIAL

HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
_PURPOSE = b"oa-csrf-1"


def token(request: web.Request) -> str:
    """Return the token for forms of this request's browser: of its session, or of its visit while nobody is in."""
    credential = request.get(CREDENTIAL)
    secret = credential.secret if credential is not None else ""
    return _token_of(secret or cookies.visit(request))


def field(request: web.Request) -> Markup:
    """Return the hidden field that every form carries: `{{ csrf() }}`."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token(request))


async def check(request: web.Request) -> None:
    """Raise ForbiddenError unless the request comes from a page of ours."""
    _check_origin(request)
    given = request.headers.get(HEADER) or await _form_field(request)
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token(request).encode()):
        raise ForbiddenError("the form is too old or not one of ours: load the page again and send it once more")


def own_origin(request: web.Request) -> URL:
    """Return the origin that browsers know this site by. Raises BadRequestError."""
    try:
        return URL(request.app[SETTINGS].public_url or f"{request.scheme}://{request.host}").origin()
    except ValueError as error:
        raise BadRequestError("the header `Host` names no host") from error


def _check_origin(request: web.Request) -> None:
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_foreign = site is not None and site not in _OWN_SITES
    if is_foreign or (origin is not None and origin != str(own_origin(request))):
        raise ForbiddenError("another site sent this request")


async def _form_field(request: web.Request) -> str:
    if request.content_type != MEDIA_TYPE:
        return ""
    return next((value for name, value in await form_values(request) if name == CSRF_FIELD), "")


def _token_of(secret: str) -> str:
    return hmac.new(secret.encode("utf-8", "surrogateescape"), _PURPOSE, hashlib.sha256).hexdigest()
