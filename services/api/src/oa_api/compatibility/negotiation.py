"""The version of a request where both have the same path: 1 is that of openaddresses/batch, 2 that of this service.

The clients of openaddresses/batch know nothing of versions. These mark a request of version 1, in this order: the
header `Accept`, a credential that only they have, the host name that they call, a key of the body that only they send.
All other requests get version 2.
"""

import re
from http import HTTPStatus

from aiohttp import hdrs, web

from oa_api.http.app_keys import SETTINGS
from oa_api.http.compression import encoding_weights
from oa_api.http.headers import SECRET_HEADER, VERSION_1_SECRET_HEADER
from oa_api.http.problem import Handler
from oa_api.http.request_parsing import raw_body
from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_shared.large_bodies import TooManyValuesError

VERSION_1 = "application/vnd.openaddresses.v1+json"
VERSION_2 = "application/vnd.openaddresses.v2+json"
# Tokens of openaddresses/batch start with `oa.`, its sessions are JSON Web Tokens. Our tokens start with `oa_`.
_VERSION_1_TOKEN = re.compile(r"bearer\s+(oa\.|eyJ[\w-]*\.[\w-]+\.)", re.IGNORECASE)
# Clients of openaddresses/batch put a token into the URL of a download, where this service reads none.
_TOKEN_PARAMETER = "token"  # noqa: S105 - the name of a parameter


def is_version_1_request(request: web.Request) -> bool:
    """Return whether a request is in the form of openaddresses/batch."""
    weights = encoding_weights(request.headers.get(hdrs.ACCEPT, ""))
    version_1, version_2 = weights.get(VERSION_1, 0.0), weights.get(VERSION_2, 0.0)
    if version_1 or version_2:
        return version_1 >= version_2
    return _has_old_credential(request) or _host_name(request) in request.app[SETTINGS].compatibility_hosts


def _has_old_credential(request: web.Request) -> bool:
    """Return whether a request has a credential that only clients of openaddresses/batch send, valid or not."""
    if request.headers.get(SECRET_HEADER):
        return False
    is_old_token = _VERSION_1_TOKEN.match(request.headers.get(hdrs.AUTHORIZATION, "")) is not None
    return is_old_token or bool(request.headers.get(VERSION_1_SECRET_HEADER)) or _TOKEN_PARAMETER in request.query


def serve_both(own: Handler, version_1: Handler, *, body_key: str = "") -> Handler:
    """Return a handler that serves each request in its version.

    A JSON body with `body_key` is in version 1 without another mark.
    """

    async def serve(request: web.Request) -> web.StreamResponse:
        is_version_1 = is_version_1_request(request) or await _has_body_key(request, body_key)
        response = await (version_1 if is_version_1 else own)(request)
        if not response.prepared:
            _name_version(request, response, is_version_1=is_version_1)
        return response

    return serve


async def _has_body_key(request: web.Request, key: str) -> bool:
    if not key or not request.body_exists or VERSION_2 in request.headers.get(hdrs.ACCEPT, "").lower():
        return False
    try:
        body = decode(await raw_body(request))
    except (NotJsonError, TooManyValuesError, UnstorableError):
        return False
    return isinstance(body, dict) and key in body


def _name_version(request: web.Request, response: web.StreamResponse, *, is_version_1: bool) -> None:
    """State the version, if the request names it, and that the response depends on the header."""
    response.headers[hdrs.VARY] = ", ".join(filter(None, (response.headers.get(hdrs.VARY), hdrs.ACCEPT)))
    version = VERSION_1 if is_version_1 else VERSION_2
    is_json = response.content_type == "application/json" and response.status == HTTPStatus.OK
    if is_json and version in request.headers.get(hdrs.ACCEPT, "").lower():
        response.content_type = version


def _host_name(request: web.Request) -> str:
    """Return the host that a client calls, without its port."""
    name, colon, _ = request.host.rpartition(":")
    return (name if colon else request.host).lower()
