"""A gate before the AWS emulator, which serves anyone: only the holders of the secret key of this start pass.

Requests need a signature. Presigned URLs, with which anyone reads what the API has named, need the access key only, and
read only.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

from oa_local.aws_signature import SignedRequest, is_signed, is_signed_policy, lower_headers

Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_FORM_TYPE = "multipart/form-data"
_FORM_FIELD = re.compile(rb'name="([\w-]+)"[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n([^\r\n]*)\r\n')
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Above what a queue takes in one call, and what S3 allows for the fields of a form.
_MAX_BUFFERED = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AccessKeyGate:
    """An ASGI application that answers 403 to untrusted clients and passes on all other requests."""

    app: App
    access_key: str
    secret_key: str = field(repr=False)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        is_allowed, receive = await self._examine(scope, receive)
        if is_allowed:
            await self.app(scope, receive, send)
        else:
            await _refuse(scope, send)

    async def _examine(self, scope: Message, receive: Receive) -> tuple[bool, Receive]:
        """Return whether a request may pass, and a `receive` that starts at the first byte of its body."""
        request = _read_request(scope)
        if "authorization" in request.headers:
            body = b""
            if request.needs_body:
                body, receive = await _buffer(receive)
            return is_signed(request, body, access_key=self.access_key, secret_key=self.secret_key), receive
        if request.headers.get("content-type", "").startswith(_FORM_TYPE):
            body, receive = await _buffer(receive)
            fields = {name.decode().lower(): value.decode("latin-1") for name, value in _FORM_FIELD.findall(body)}
            return is_signed_policy(fields, access_key=self.access_key, secret_key=self.secret_key), receive
        query = parse_qs(request.query)
        named = query.get("AWSAccessKeyId") or [query.get("X-Amz-Credential", [""])[0].partition("/")[0]]
        is_reading = request.method in _READING and "Action" not in query
        return is_reading and named == [self.access_key], receive


def _read_request(scope: Message) -> SignedRequest:
    headers, query, path = scope.get("headers"), scope.get("query_string"), scope.get("raw_path")
    pairs: Iterable[tuple[bytes, bytes]] = headers if isinstance(headers, Iterable) else ()
    return SignedRequest(
        method=str(scope.get("method", "GET")),
        path=path.decode("latin-1").partition("?")[0] if isinstance(path, bytes) else str(scope.get("path", "")),
        query=query.decode("latin-1") if isinstance(query, bytes) else "",
        headers=lower_headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs),
    )


async def _buffer(receive: Receive) -> tuple[bytes, Receive]:
    """Return the first bytes of a body, in general all of it, and a `receive` that starts again."""
    read: list[Message] = []
    start = b""
    while len(start) < _MAX_BUFFERED:
        message = await receive()
        read.append(message)
        body = message.get("body")
        start += body if isinstance(body, bytes) else b""
        if not message.get("more_body"):
            break

    async def replay() -> Message:
        return read.pop(0) if read else await receive()

    return start, replay


async def _refuse(scope: Message, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"message": "the request is not signed with the keys of this stack"}).encode()
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", b"UnrecognizedClientException")]
    await send({"type": "http.response.start", "status": int(HTTPStatus.FORBIDDEN), "headers": headers})
    await send({"type": "http.response.body", "body": body})
