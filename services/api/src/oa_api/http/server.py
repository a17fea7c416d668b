"""The HTTP server: aiohttp's, with problem details for clients that do not speak HTTP."""

from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.web_protocol import RequestHandler

from oa_api.http.cross_origin import set_cross_origin_headers
from oa_api.http.problem import problem_response
from oa_api.http.security_headers import set_security_headers

log = structlog.get_logger()
# How long a connection may wait for the whole head of its next request: longer than the load balancer keeps an idle one
# (idle_timeout in terraform/modules/service/load_balancer.tf), so that it never reuses one that is about to close.
_IDLE_TIMEOUT_S = 150
# The parser's error for a line that is too long has the exceeded limit, which shows the kind of line: they differ.
MAX_URL_BYTES, MAX_HEADER_BYTES = 8190, 8192
_TOO_MANY_HEADERS = "Too many headers received"


class _Connection(RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the parser's message repeats what the client sent
    ) -> web.StreamResponse:
        """Return problem details for a request that never reached the application, and close the connection."""
        log.warning("request_unreadable", status=int(status), error=type(exc).__name__ if exc else None)
        if request.writer.output_size > 0:
            raise ConnectionError("a response has been started already")
        status = _status_of(status, exc)
        phrase = HTTPStatus(status).phrase
        code = phrase.lower().replace(" ", "_")
        response = problem_response(
            status, code=code, title=f"{phrase.capitalize()}.", detail="not a readable HTTP request"
        )
        set_security_headers(response)
        # The path may be unknown, and the response is the same for all clients.
        set_cross_origin_headers(response)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Log an unexpected exception; the rest of a body that cannot be decoded is a fault of the client."""
        error = options.get("exc_info")
        if isinstance(error, web.RequestPayloadError):
            log.warning("request_unreadable", status=int(HTTPStatus.BAD_REQUEST), error=type(error).__name__)
        else:
            super().log_exception(*args, **options)


def _status_of(status: int, error: BaseException | None) -> int:
    """Return the status for an error of the parser, which states 400 for all."""
    if isinstance(error, LineTooLong):
        is_url = error.args[1] == MAX_URL_BYTES
        return HTTPStatus.REQUEST_URI_TOO_LONG if is_url else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if isinstance(error, BadHttpMessage) and error.message == _TOO_MANY_HEADERS:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    return status


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class ApiRunner(web.AppRunner):
    """Runs the application without aiohttp's access log: `handle_errors` logs one line for each request."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        limits = {"max_line_size": MAX_URL_BYTES, "max_field_size": MAX_HEADER_BYTES}
        options = {"keepalive_timeout": _IDLE_TIMEOUT_S, **limits, **options}
        super().__init__(app, access_log=None, handle_signals=False, **options)

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        return _Server(server.request_handler, request_factory=server.request_factory, **server._kwargs)  # noqa: SLF001 - aiohttp has no other way to answer its parser's errors
