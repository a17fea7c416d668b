"""Protection against cross-site request forgery: a form must come from a page of this site.

Two checks: the origin that the browser states, and a token that only pages of this site have. The token is derived from
the secret of the cookie, so nothing is stored, and it does not reveal that secret.
"""

import hashlib
import hmac
import secrets

from aiohttp import web
from markupsafe import Markup

from oa_api.http.cross_origin import is_of_another_origin
from oa_api.http.errors import ForbiddenError
from oa_api.http.forms import CSRF_FIELD, MEDIA_TYPE, form_values
from oa_api.identity import cookies
from oa_api.identity.authentication import CREDENTIAL

HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
_PURPOSE = b"oa-csrf-1"


def token(request: web.Request) -> str:
    """Return a token for forms of this browser, by its session, or its anonymous session before sign-in.

    Each one looks different: it is the secret value under a random mask, with the mask. Compression of a page that also
    repeats what its visitor sent reveals nothing then (the BREACH attack).
    """
    value = _value_for(request)
    mask = secrets.token_bytes(len(value))
    return (mask + _xor(value, mask)).hex()


def field(request: web.Request) -> Markup:
    """Return the hidden field of every form: `{{ csrf() }}` in templates."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token(request))


async def check(request: web.Request) -> None:
    """Raise ForbiddenError unless the request comes from a page of this site."""
    _check_origin(request)
    received = request.headers.get(HEADER) or await _form_token(request)
    if not hmac.compare_digest(_unmask(received), _value_for(request)):
        raise ForbiddenError("the form has expired or is from another site; reload the page and send it again")


def _check_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    is_cross_site = site is not None and site not in _OWN_SITES
    if is_cross_site or is_of_another_origin(request):
        raise ForbiddenError("another site sent this request")


async def _form_token(request: web.Request) -> str:
    if request.content_type != MEDIA_TYPE:
        return ""
    return next((value for name, value in await form_values(request) if name == CSRF_FIELD), "")


def _value_for(request: web.Request) -> bytes:
    """Return what a token of this browser holds."""
    credential = request.get(CREDENTIAL)
    secret = (credential.secret if credential is not None else "") or cookies.anonymous_session(request)
    return hmac.digest(secret.encode("utf-8", "surrogateescape"), _PURPOSE, hashlib.sha256)


def _unmask(token_text: str) -> bytes:
    """Return what a received token holds; empty if it cannot be a token."""
    try:
        token_bytes = bytes.fromhex(token_text)
    except ValueError:
        return b""
    half = len(token_bytes) // 2
    return _xor(token_bytes[half:], token_bytes[:half]) if len(token_bytes) == 2 * half else b""


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))
