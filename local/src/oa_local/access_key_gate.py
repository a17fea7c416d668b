"""A gate before the AWS emulator, which serves anyone: only requests that name the access key of this start pass.

The key is a secret of one start, so its presence is enough; the emulator does not check signatures. It is in the
Authorization header, in the query of a presigned URL, or in the fields of a form, which precede the file.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from urllib.parse import parse_qs

Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_CREDENTIAL = re.compile(rb"\AAWS4-HMAC-SHA256 Credential=([^/,\s]+)/")
_FORM_CREDENTIAL = re.compile(
    rb'name="(?:x-amz-credential|awsaccesskeyid)"[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n([^/\r\n]+)[/\r]', re.IGNORECASE
)
_FORM_TYPE = b"multipart/form-data"
# The fields of a form have a few KiB; S3 allows 20 KB of them.
_MAX_FIELDS = 64 * 1024


def require_access_key(app: App, access_key: str) -> App:
    """Return an ASGI application that answers 403 to requests without the access key, and passes on all others."""
    secret = access_key.encode()

    async def gate(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        named = _named_key(scope)
        if named is None and _header(scope, b"content-type").startswith(_FORM_TYPE):
            named, receive = await _read_form_key(receive)
        if named is None or not hmac.compare_digest(named, secret):
            await _refuse(scope, send)
            return
        await app(scope, receive, send)

    return gate


def _header(scope: Message, name: bytes) -> bytes:
    headers = scope.get("headers")
    pairs: Iterable[tuple[bytes, bytes]] = headers if isinstance(headers, Iterable) else ()
    return next((value for key, value in pairs if key.lower() == name), b"")


def _named_key(scope: Message) -> bytes | None:
    """Return the access key that the header or the query names."""
    if header := _CREDENTIAL.match(_header(scope, b"authorization")):
        return header[1]
    query = scope.get("query_string")
    if not isinstance(query, bytes):
        return None
    credentials = parse_qs(query.decode("latin-1")).get("X-Amz-Credential", [""])
    return credentials[0].partition("/")[0].encode() or None


async def _read_form_key(receive: Receive) -> tuple[bytes | None, Receive]:
    """Return the access key in the fields of a form, and a `receive` that starts again at the first byte."""
    read: list[Message] = []
    start = b""
    while len(start) < _MAX_FIELDS:
        message = await receive()
        read.append(message)
        body = message.get("body")
        start += body if isinstance(body, bytes) else b""
        if _FORM_CREDENTIAL.search(start) or not message.get("more_body"):
            break

    async def replay() -> Message:
        return read.pop(0) if read else await receive()

    found = _FORM_CREDENTIAL.search(start)
    return found[1] if found else None, replay


async def _refuse(scope: Message, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"message": "the request does not have the access key of this stack"}).encode()
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", b"UnrecognizedClientException")]
    await send({"type": "http.response.start", "status": int(HTTPStatus.FORBIDDEN), "headers": headers})
    await send({"type": "http.response.body", "body": body})
