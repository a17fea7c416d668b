"""Compressed responses: JSON, GeoJSON and feeds, for clients that accept gzip."""

import gzip
import zlib
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from oa_api.http.cross_origin import READS
from oa_api.http.problem import Handler
from oa_shared.large_bodies import run_by_size

# Below this size, the header and the work cost more than the bytes saved.
MIN_BYTES = 1024
_LEVEL = 5
# A window of 32 KiB, in the header and trailer of gzip.
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_SUFFIXES = ("json", "xml", "+jsonl", "/jsonl", "/csv")
# Whether the caller may see secrets in responses; set by oa_api.identity.authorization.
SECRET_IN_RESPONSE = web.RequestKey("secret_in_response", bool)


@web.middleware
async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress the body of a response to GET whose type and size make it worthwhile, and name what it depends on.

    Responses that can carry a secret are not compressed, since the size of a compressed body may reveal it (BREACH):
    those to other methods, those that set a cookie, and those to a service, which sees the tokens of jobs. Streams
    and pages compress themselves.
    """
    response = await handler(request)
    if request.method not in READS or not isinstance(response, web.Response):
        return response
    if response.status == web.HTTPNotModified.status_code:
        add_vary(response)
    elif isinstance(response.body, bytes) and _is_compressible(response, response.body):
        add_vary(response)
        if accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")) and not _may_hold_secret(request, response):
            response.body = await compress_body(response.body)
            response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    return response


def may_compress(request: web.Request, response: web.StreamResponse) -> bool:
    """Return whether a large response that compresses itself may be gzip; name what it depends on in any case."""
    add_vary(response)
    accepted = request.headers.get(hdrs.ACCEPT_ENCODING, "")
    return request.method == hdrs.METH_GET and accepts_gzip(accepted) and not _may_hold_secret(request, response)


async def compress_body(body: bytes) -> bytes:
    """Return a body as gzip, always the same bytes."""
    return await run_by_size(len(body), gzip.compress, body, _LEVEL, mtime=0)


async def compress_parts(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts of a body as the parts of one gzip member."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    async for part in parts:
        if packed := await run_by_size(len(part), packer.compress, part):
            yield packed
    yield packer.flush()


def accepts_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header allows gzip, by name or by `*` (RFC 9110, section 12.5.3)."""
    weights = encoding_weights(accepted)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def encoding_weights(accepted: str) -> dict[str, float]:
    """Return the weight of each name in an Accept-Encoding header; 0 excludes an encoding."""
    return dict(_weight(part) for part in accepted.lower().split(",") if part.strip())


def add_vary(response: web.StreamResponse) -> None:
    """State that a response depends on Accept-Encoding, besides what it states already."""
    names = [name.strip() for name in response.headers.get(hdrs.VARY, "").split(",") if name.strip()]
    if "*" not in names and hdrs.ACCEPT_ENCODING.lower() not in (name.lower() for name in names):
        response.headers[hdrs.VARY] = ", ".join([*names, hdrs.ACCEPT_ENCODING])


def _weight(part: str) -> tuple[str, float]:
    """Return the name and the weight of an item of the header; an unreadable weight excludes the encoding."""
    name, _, parameter = part.partition(";")
    key, _, value = parameter.strip().partition("=")
    if key.strip() != "q":
        return name.strip(), 1.0
    try:
        return name.strip(), float(value)
    except ValueError:
        return name.strip(), 0.0


def _is_compressible(response: web.Response, body: bytes) -> bool:
    is_text = response.content_type.endswith(_SUFFIXES)
    return is_text and len(body) >= MIN_BYTES and hdrs.CONTENT_ENCODING not in response.headers


def _may_hold_secret(request: web.Request, response: web.StreamResponse) -> bool:
    sets_cookie = bool(response.cookies) or hdrs.SET_COOKIE in response.headers
    return sets_cookie or bool(request.get(SECRET_IN_RESPONSE))
