"""Who may call the Batch emulation, which runs commands: the holders of the secret key of its stack.

A page in a browser and another user of the machine reach the port too.
"""

import re
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from oa_local.aws_signature import SignedRequest, is_signed, lower_headers
from oa_local.emulator import Keys

_JSON = re.compile(r"application/(json|x-amz-json-1\.[01])\Z")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})
OPEN_PATH = "/health"


def require_signature(keys: Keys, hosts: frozenset[str]) -> Middleware:
    """Return a middleware that serves requests with a signature of the keys, to one of the hosts, and no browser."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if (request.url.host or "") not in hosts:
            return _refusal(HTTPStatus.FORBIDDEN, "AccessDeniedException", "the Host header names another server")
        if request.path == OPEN_PATH:
            return await handler(request)
        if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
            return _refusal(HTTPStatus.FORBIDDEN, "AccessDeniedException", "pages cannot call the emulation")
        if not _JSON.match(request.content_type):
            text = f"the content type is {request.content_type}, which must be application/json"
            return _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "ClientException", text)
        path, _, query = request.raw_path.partition("?")
        signed = SignedRequest(request.method, path, query, lower_headers(request.headers.items()))
        body = await request.read()
        if not is_signed(signed, body, access_key=keys.access_key, secret_key=keys.secret_key):
            text = "the request is not signed with the keys of this stack"
            return _refusal(HTTPStatus.FORBIDDEN, "UnrecognizedClientException", text)
        return await handler(request)

    return check


def _refusal(status: HTTPStatus, code: str, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status, headers={"x-amzn-ErrorType": code})
