"""Answers that need not be sent again: an ETag over what would be sent, and 304 to whoever has it."""

import hashlib

from aiohttp import web
from aiohttp.helpers import ETag

_ANY = "*"
_CHARACTERS = 32


def conditional(request: web.Request, response: web.Response, *, max_age_s: int = 0) -> web.Response:
    """Give an answer its ETag; return 304 instead of it when the client has just that.

    Others may keep it for `max_age_s` seconds without asking.
    """
    body = response.body if isinstance(response.body, bytes) else b""
    tag = hashlib.sha256(body + response.headers.get("Link", "").encode()).hexdigest()[:_CHARACTERS]
    return tagged(request, response, tag, max_age_s=max_age_s)


def tagged(request: web.Request, response: web.Response, tag: str, *, max_age_s: int = 0) -> web.Response:
    """Give an answer this ETag; return 304 instead of it when the client has just that."""
    is_known = any(given.value in (tag, _ANY) for given in request.if_none_match or ())
    answer = web.Response(status=304) if is_known else response
    answer.etag = ETag(value=tag, is_weak=True)
    answer.headers["Cache-Control"] = f"public, max-age={max_age_s}" if max_age_s else "no-cache"
    return answer
