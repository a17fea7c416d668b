"""The responses of an operation in the OpenAPI document."""

from http import HTTPStatus

from aiohttp import hdrs
from marshmallow import Schema

from oa_api.http.routing import BYTES, HTML, JSON, JSON_ARRAY, JSON_BODY, Route
from oa_shared.json_types import JsonObject
from oa_shared.media_types import GEOJSON
from oa_shared.roles import Role

PROBLEMS = {
    400: "The request cannot be read.",
    401: "Authentication required, or the credential is not valid.",
    403: "Permission denied.",
    404: "Not found.",
    408: "The body took too long to arrive.",
    409: "Conflict with the current state.",
    410: "No longer available.",
    413: "The body is too large.",
    414: "The URL is too long.",
    415: "Unsupported content type.",
    416: "The range is outside the file.",
    422: "The request is not valid; see `errors`.",
    429: "Too many requests; retry after `Retry-After` seconds.",
    431: "The headers are too large.",
    500: "Server error; it has been logged.",
    503: "A dependency is unavailable; retry.",
}
_OTHER_STATUSES = {
    206: "The requested range of the file.",
    302: "Redirect to the file.",
    304: "Not modified since the version in `If-None-Match`.",
}
_ALWAYS = (
    *(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_URI_TOO_LONG),
    *(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    *(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE),
)


def responses(route: Route) -> JsonObject:
    """Return the responses of a route by status: what it returns, and the problems that it may return."""
    success: JsonObject = {"200": _success(route)} if route.response else {}
    for status in route.also:
        content = {"content": _content(route)} if status == HTTPStatus.PARTIAL_CONTENT else {}
        success[str(status)] = {"description": _OTHER_STATUSES[status], **content}
    problems: JsonObject = {str(status): f"Problem{status}" for status in _problem_statuses(route)}
    if route.is_health:
        problems["503"] = {**_success(route), "description": "Unhealthy; see `problems`."}
    return success | problems


def media_schema(media_type: str, schema: type[Schema] | None = None) -> type[Schema] | JsonObject:
    """Return the schema of a body of this media type: `schema` for JSON, or any object."""
    if media_type == JSON_ARRAY:
        return {"type": "array", "items": media_schema(JSON)}
    if media_type in (JSON, JSON_BODY, GEOJSON):
        return schema or {"type": "object", "additionalProperties": {}}
    is_text = media_type.startswith("text/") or media_type.endswith(("+xml", "jsonl"))
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def _success(route: Route) -> JsonObject:
    return {"description": "Success.", "content": _content(route)}


def _content(route: Route) -> JsonObject:
    if isinstance(route.response, tuple):
        types = {(JSON_BODY if kind in (JSON, JSON_ARRAY) else kind): kind for kind in route.response}
        return {name: {"schema": media_schema(kind, route.json)} for name, kind in types.items()}
    content: JsonObject = {JSON_BODY: {"schema": route.response}}
    if route.has_page:
        content[HTML] = {"schema": media_schema(HTML)}
    return content


def _problem_statuses(route: Route) -> list[int]:
    statuses = {*_ALWAYS, *route.refusals}
    statuses |= {408, 413} if route.body else set()
    statuses |= {415, 422} if route.body and route.body != BYTES else set()
    statuses |= {422} if route.query or route.is_idempotent_by_key else set()
    # A write without role refuses the session of a browser without the token of its page.
    statuses |= {HTTPStatus.FORBIDDEN} if route.role > Role.ANYONE or route.method != hdrs.METH_GET else set()
    statuses |= {HTTPStatus.NOT_FOUND} if "{" in route.path else set()
    return sorted(map(int, statuses))
