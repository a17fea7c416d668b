"""The one place where an error becomes an HTTP answer: RFC 9457 problem details."""

import secrets
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from oa_api.errors import ApiError
from oa_shared.errors import OaError
from oa_shared.tracing import child_traceparent, trace_id

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TRACEPARENT = web.RequestKey("traceparent", str)


def problem(status: int, *, code: str, title: str, detail: str, fields: Any = None) -> web.Response:
    """Return an application/problem+json answer; `message` repeats `detail` for older clients."""
    body = {"type": f"about:blank#{code}", "code": code, "title": title, "status": status, "detail": detail}
    body |= {"message": detail, "errors": fields or {}}
    return web.json_response(body, status=status, content_type="application/problem+json")


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn exceptions into answers, and write the one canonical line of the request."""
    request_id = secrets.token_hex(8)
    request[TRACEPARENT] = child_traceparent(request.headers.get("traceparent"))
    started = time.monotonic()
    bound = {"request_id": request_id, "trace_id": trace_id(request[TRACEPARENT])}
    with structlog.contextvars.bound_contextvars(**bound):
        response = await _answer(request, handler)
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
        log.info(
            "request_answered",
            method=request.method,
            path=request.path,
            status=response.status,
            duration_ms=round((time.monotonic() - started) * 1000, 1),
        )
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return problem(error.status, code=error.code, title=error.title, detail=error.detail, fields=error.fields)
    except web.HTTPRequestEntityTooLarge as error:
        return problem(413, code="too_large", title="The request is too large.", detail=error.text or "")
    except web.HTTPException as error:
        return _http_problem(error)
    except OaError as error:
        log.warning("neighbour_unavailable", error=error.detail)
        return problem(503, code=error.code, title=error.title, detail="Please try again in a moment.")
    except Exception:
        log.exception("request_failed")
        return problem(500, code="bug", title="The server failed.", detail="The error has been logged.")


def _http_problem(error: web.HTTPException) -> web.StreamResponse:
    if error.status < HTTPStatus.BAD_REQUEST:
        raise error
    phrase = HTTPStatus(error.status).phrase
    answer = problem(error.status, code=phrase.lower().replace(" ", "_"), title=phrase, detail=error.text or phrase)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer
