"""The only place where an error becomes an HTTP response: RFC 9457 problem details."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web

from oa_api.http.errors import ApiError, NotFoundError, PreparingError
from oa_api.http.schemas import ProblemSchema
from oa_api.http.time_limits import limit_request
from oa_api.metrics import REQUEST_DURATION_S
from oa_shared.errors import OaError
from oa_shared.tracing import child_traceparent, trace_id

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ErrorRenderer = Callable[[web.Request, web.StreamResponse], web.StreamResponse]
TRACEPARENT = web.RequestKey("traceparent", str)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong; `errors` maps names of fields to what is wrong with them."""

    code: str
    title: str
    status: int
    detail: str
    errors: Mapping[str, object] = field(default_factory=dict)


# The problem of a response, for pages that render it as HTML.
PROBLEM = web.ResponseKey("problem", Problem)
RENDER_ERROR: web.AppKey[ErrorRenderer] = web.AppKey("render_error")
_PROBLEM = ProblemSchema()
_NO_ROUTE = "none"
_RETRY_AFTER_S = 5
_BIGINT_DIGITS = 19


def problem_response(
    status: int, *, code: str, title: str, detail: str, fields: Mapping[str, object] | None = None
) -> web.Response:
    """Return an application/problem+json response; `message` repeats `detail` for older clients."""
    problem_response = Problem(code, title, status, detail, fields or {})
    body = {"type": f"about:blank#{code}", "code": code, "title": title, "status": status}
    body |= {"detail": detail, "message": detail, "errors": problem_response.errors}
    response = web.json_response(_PROBLEM.dump(body), status=status, content_type="application/problem+json")
    response[PROBLEM] = problem_response
    return response


@web.middleware
async def handle_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn exceptions into responses, and log one line for the request."""
    request[TRACEPARENT] = child_traceparent(request.headers.get("traceparent"))
    request_id = trace_id(request[TRACEPARENT]) or ""
    context_before = structlog.contextvars.get_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, **_ids_in_path(request))
    started = time.monotonic()
    try:
        response = request.app[RENDER_ERROR](request, await _respond(request, handler))
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
            if request.content.exception() is not None:
                response.force_close()  # the end of a body that cannot be decoded is unknown
        _log_request(request, response.status, time.monotonic() - started)
    finally:
        # Requests of one connection share a task, and therefore its context.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**context_before)
    return response


def _ids_in_path(request: web.Request) -> dict[str, int]:
    texts = {"run_id": request.match_info.get("run", ""), "job_id": request.match_info.get("job", "")}
    return {
        name: int(text)
        for name, text in texts.items()
        if text.isascii() and text.isdigit() and len(text) <= _BIGINT_DIGITS
    }


def _log_request(request: web.Request, status: int, duration_s: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource else _NO_ROUTE
    method = request.method if resource else _NO_ROUTE
    REQUEST_DURATION_S.labels(method, route, str(status)).observe(duration_s)
    log.info(
        "request_answered",
        method=request.method,
        path=request.path,
        status=status,
        duration_ms=round(duration_s * 1000, 1),
    )


async def _respond(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _check_path(request)
        with limit_request(request):
            return await handler(request)
    except ApiError as error:
        return _api_problem(error)
    except web.HTTPException as error:
        return _http_problem(error)
    except OaError as error:
        return _dependency_problem(error)
    except Exception:
        log.exception("request_failed")
        return _server_error()


def _api_problem(error: ApiError) -> web.Response:
    response = problem_response(
        error.status, code=error.code, title=error.title, detail=error.detail, fields=error.fields
    )
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait_s = error.wait_s if isinstance(error, PreparingError) else _RETRY_AFTER_S
        response.headers[hdrs.RETRY_AFTER] = str(wait_s)
    return response


def _check_path(request: web.Request) -> None:
    """Raise NotFoundError for a path that no database can hold: nothing has such a name."""
    try:
        request.path.encode()
    except UnicodeEncodeError as error:
        raise NotFoundError("no page or endpoint has this URL") from error
    if "\x00" in request.path:
        raise NotFoundError("no page or endpoint has this URL")


def _dependency_problem(error: OaError) -> web.StreamResponse:
    """Return a response for a database or queue that fails; its own message is for the log only."""
    if not error.retryable:
        log.error("dependency_failed", code=error.code, error=error.detail, exc_info=error)
        return _server_error()
    log.warning("dependency_unavailable", code=error.code, error=error.detail)
    response = problem_response(503, code=error.code, title=error.title, detail="Try again in a moment.")
    response.headers[hdrs.RETRY_AFTER] = str(_RETRY_AFTER_S)
    return response


def _server_error() -> web.Response:
    return problem_response(500, code="bug", title="Server error.", detail="The error has been logged.")


def _http_problem(error: web.HTTPException) -> web.StreamResponse:
    if error.status < HTTPStatus.BAD_REQUEST:
        # aiohttp requires exceptions to be raised, not returned.
        location = {hdrs.LOCATION: error.headers[hdrs.LOCATION]} if hdrs.LOCATION in error.headers else {}
        return web.Response(status=error.status, headers=location)
    phrase = HTTPStatus(error.status).phrase
    code = phrase.lower().replace(" ", "_")
    response = problem_response(error.status, code=code, title=f"{phrase.capitalize()}.", detail=_detail(error))
    for name in ("Allow", "Content-Range"):
        if name in error.headers:
            response.headers[name] = error.headers[name]
    return response


def _detail(error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"{error.method} is not allowed here; use {', '.join(sorted(error.allowed_methods))}"
    if isinstance(error, web.HTTPNotFound):
        return "no page or endpoint has this URL"
    return HTTPStatus(error.status).description or HTTPStatus(error.status).phrase
