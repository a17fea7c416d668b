"""The one place where an error becomes an HTTP answer: RFC 9457 problem details."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import hdrs, web

from oa_api.http.errors import ApiError
from oa_api.http.schemas import ProblemSchema
from oa_api.metrics import REQUEST_DURATION_S
from oa_shared.errors import OaError
from oa_shared.tracing import child_traceparent, trace_id

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TRACEPARENT = web.RequestKey("traceparent", str)
# What an answer says that is a problem, for those who show it otherwise.
PROBLEM: web.ResponseKey[dict[str, Any]] = web.ResponseKey("problem", dict)
Present = Callable[[web.Request, web.StreamResponse], web.StreamResponse]
RENDER_ERROR_PAGE: web.AppKey[Present] = web.AppKey("present")
_PROBLEM = ProblemSchema()
_NO_ROUTE = "none"
_RETRY_AFTER_S = 5


def problem(status: int, *, code: str, title: str, detail: str, fields: Any = None) -> web.Response:
    """Return an application/problem+json answer; `message` repeats `detail` for older clients."""
    body = {"type": f"about:blank#{code}", "code": code, "title": title, "status": status}
    body |= {"detail": detail, "message": detail, "errors": fields or {}}
    answer = web.json_response(_PROBLEM.dump(body), status=status, content_type="application/problem+json")
    answer[PROBLEM] = body
    return answer


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn exceptions into answers, and write the one canonical line of the request."""
    request[TRACEPARENT] = child_traceparent(request.headers.get("traceparent"))
    request_id = trace_id(request[TRACEPARENT]) or ""
    before = structlog.contextvars.get_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, **_named_in_path(request))
    started = time.monotonic()
    try:
        response = request.app[RENDER_ERROR_PAGE](request, await _answer(request, handler))
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
        _tell(request, response.status, time.monotonic() - started)
    finally:
        # Requests of one connection share a task, and so its context.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**before)
    return response


def _named_in_path(request: web.Request) -> dict[str, int]:
    found = {"run_id": request.match_info.get("run", ""), "job_id": request.match_info.get("job", "")}
    return {name: int(text) for name, text in found.items() if text.isascii() and text.isdigit() and len(text) < 20}  # noqa: PLR2004 - the digits of a bigint


def _tell(request: web.Request, status: int, duration_s: float) -> None:
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


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return problem(error.status, code=error.code, title=error.title, detail=error.detail, fields=error.fields)
    except web.HTTPException as error:
        return _http_problem(error)
    except OaError as error:
        return _neighbour_problem(error)
    except Exception:
        log.exception("request_failed")
        return problem(500, code="bug", title="The server failed.", detail="The error has been logged.")


def _neighbour_problem(error: OaError) -> web.StreamResponse:
    """Answer for a database or a queue that is away; what it said is for the log only."""
    if not error.retryable:
        log.error("dependency_failed", code=error.code, error=error.detail, exc_info=error)
        return problem(500, code="bug", title="The server failed.", detail="The error has been logged.")
    log.warning("dependency_unavailable", code=error.code, error=error.detail)
    answer = problem(503, code=error.code, title=error.title, detail="Please try again in a moment.")
    answer.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return answer


def _http_problem(error: web.HTTPException) -> web.StreamResponse:
    if error.status < HTTPStatus.BAD_REQUEST:
        # aiohttp wants exceptions raised, not returned.
        location = {hdrs.LOCATION: error.headers[hdrs.LOCATION]} if hdrs.LOCATION in error.headers else {}
        return web.Response(status=error.status, headers=location)
    phrase = HTTPStatus(error.status).phrase
    answer = problem(error.status, code=phrase.lower().replace(" ", "_"), title=f"{phrase}.", detail=_detail(error))
    for name in ("Allow", "Content-Range"):
        if name in error.headers:
            answer.headers[name] = error.headers[name]
    return answer


def _detail(error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"{error.method} is not possible here: use {', '.join(sorted(error.allowed_methods))}"
    if isinstance(error, web.HTTPNotFound):
        return "there is nothing at this address; /docs lists what there is"
    return HTTPStatus(error.status).description or HTTPStatus(error.status).phrase
