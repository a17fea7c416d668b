"""The server: aiohttp's, except that a client that does not speak HTTP gets problem details too."""

from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from oa_api.http.problem import problem

log = structlog.get_logger()


class _Connection(RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the parser's words repeat what was sent
    ) -> web.StreamResponse:
        """Answer a request that never reached the application, and close the connection."""
        log.warning("request_unreadable", status=int(status), error=type(exc).__name__ if exc else None)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has been begun already")
        phrase = HTTPStatus(status).phrase
        detail = "this is not an HTTP request that can be read"
        answer = problem(status, code=phrase.lower().replace(" ", "_"), title=f"{phrase}.", detail=detail)
        answer.force_close()
        return answer


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class ApiRunner(web.AppRunner):
    """Runs the application without aiohttp's own access log: each request has its canonical line."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        super().__init__(app, access_log=None, handle_signals=False, **options)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **made._kwargs)  # noqa: SLF001 - aiohttp has no other way to answer its parser's errors
