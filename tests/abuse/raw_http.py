"""A client that sends a request byte by byte as it is given, where other clients correct or refuse it."""

import gzip
import http.client
import socket
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_TIMEOUT_S = 60.0
_EVENT_STREAM = "text/event-stream"
NO_ANSWER = 0


@dataclass(frozen=True)
class ProbeRequest:
    """A request of a role; `target` and header values may have any bytes, as latin-1."""

    method: str
    target: str
    route: str
    role: str = "anonymous"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def __str__(self) -> str:
        shown = {name: value[:120] for name, value in self.headers.items() if name not in {"Authorization", "secret"}}
        body = f" body {self.body[:400]!r} of {len(self.body)} bytes" if self.body is not None else ""
        return f"{self.role}: {self.method} {self.target[:600]!a} {shown!a}{body}"


@dataclass(frozen=True)
class ProbeAnswer:
    """What the server sent; `status` is 0 for a connection that closed without an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class RawClient:
    """One connection at a time, opened again when the server has closed it."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._socket: socket.socket | None = None

    def send(self, request: ProbeRequest) -> ProbeAnswer:
        """Send a request and return the answer; the status is NO_ANSWER if two connections gave none."""
        started = time.monotonic()
        is_reused = self._socket is not None
        answer = self._try(request, started)
        if answer.status == NO_ANSWER and is_reused:
            answer = self._try(request, started)
        return answer

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _try(self, request: ProbeRequest, started: float) -> ProbeAnswer:
        if self._socket is None:
            self._socket = socket.create_connection((self._host, self._port), _TIMEOUT_S)
        response = http.client.HTTPResponse(self._socket, method=request.method)
        try:
            self._socket.sendall(self._encode(request))
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            is_stream = headers.get("content-type", "").startswith(_EVENT_STREAM)
            body = b"" if is_stream else _decode(response.read(), headers.get("content-encoding", ""))
        except (OSError, http.client.HTTPException, zlib.error) as error:
            self.close()
            return ProbeAnswer(NO_ANSWER, {}, repr(error).encode(), time.monotonic() - started)
        finally:
            response.close()
        if is_stream or response.will_close:
            self.close()
        return ProbeAnswer(response.status, headers, body, time.monotonic() - started)

    def _encode(self, request: ProbeRequest) -> bytes:
        headers = {"Host": f"{self._host}:{self._port}", **request.headers}
        if request.body is not None and "Content-Length" not in headers and "Transfer-Encoding" not in headers:
            headers["Content-Length"] = str(len(request.body))
        lines = [
            f"{request.method} {request.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + (request.body or b"")


def _decode(body: bytes, encoding: str) -> bytes:
    """Return a body without the compression that its request accepted. Raises OSError, zlib.error."""
    if encoding == "gzip" and body:
        return gzip.decompress(body)
    return zlib.decompress(body) if encoding == "deflate" and body else body
