"""Conditional responses: an ETag, and 304 for a client that has the current version."""

import hashlib

from aiohttp import web
from aiohttp.helpers import ETag

from oa_shared.version import VERSION

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
    return respond_if_changed(request, response, tag, max_age_s=max_age_s) or response


def respond_if_changed(
    request: web.Request, response: web.StreamResponse, tag: str, *, max_age_s: int = 0
) -> web.Response | None:
    """Give a response this ETag and return None, or return 304 if the client has the same: nothing is built then."""
    is_known = any(known.value in (tag, _ANY) for known in request.if_none_match or ())
    unchanged = web.Response(status=304) if is_known else None
    tagged_response = response if unchanged is None else unchanged
    tagged_response.etag = ETag(value=tag, is_weak=True)
    tagged_response.headers["Cache-Control"] = f"public, max-age={max_age_s}" if max_age_s else "no-cache"
    return unchanged


def tag_of(*parts: str) -> str:
    """Return an ETag of what a response depends on, in this version of the system."""
    return hashlib.sha256("\n".join([VERSION, *parts]).encode()).hexdigest()[:_TAG_LENGTH]
