"""Conditional responses: an ETag, and 304 for a client that has the current version."""

import hashlib

from aiohttp import web
from aiohttp.helpers import ETag

_ANY = "*"
_TAG_LENGTH = 32


def respond_conditionally(request: web.Request, response: web.Response, *, max_age_s: int = 0) -> web.Response:
    """Return a response with an ETag of its body and Link header, or 304 if the client has the same.

    Caches may keep it for `max_age_s` seconds without revalidation.
    """
    body = response.body if isinstance(response.body, bytes) else b""
    tag = hashlib.sha256(body + response.headers.get("Link", "").encode()).hexdigest()[:_TAG_LENGTH]
    return respond_with_etag(request, response, tag, max_age_s=max_age_s)


def respond_with_etag(request: web.Request, response: web.Response, tag: str, *, max_age_s: int = 0) -> web.Response:
    """Return a response with this ETag, or 304 if the client has the same."""
    is_known = any(known.value in (tag, _ANY) for known in request.if_none_match or ())
    tagged_response = web.Response(status=304) if is_known else response
    tagged_response.etag = ETag(value=tag, is_weak=True)
    tagged_response.headers["Cache-Control"] = f"public, max-age={max_age_s}" if max_age_s else "no-cache"
    return tagged_response
