"""Who may call the Batch emulation, which runs commands: its own stack, with the access key of this start.

A page in a browser and another user of the machine reach the port too. AWS asks for a signature; here the access key
is a secret, so its presence is enough.
"""

import hmac
import re
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/")
_JSON = re.compile(r"application/(json|x-amz-json-1\.[01])\Z")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})
OPEN_PATH = "/health"


def _refusal(status: HTTPStatus, code: str, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status, headers={"x-amzn-ErrorType": code})


def require_access_key(access_key: str, hosts: frozenset[str]) -> Middleware:
    """Return a middleware that serves requests of AWS clients with this key, to one of the hosts, and no browser."""

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
        credential = _CREDENTIAL.match(request.headers.get("Authorization", ""))
        if credential is None or not hmac.compare_digest(credential[1].encode(), access_key.encode()):
            text = "the request is not signed with the access key of this stack"
            return _refusal(HTTPStatus.FORBIDDEN, "UnrecognizedClientException", text)
        return await handler(request)

    return check
