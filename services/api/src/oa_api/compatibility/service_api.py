"""Health, schemas, schedules and the cache in the form of openaddresses/batch."""

import re
from collections.abc import Iterator
from typing import cast

from aiohttp import web

from oa_api.compatibility.request_fields import read_query_v1
from oa_api.compatibility.request_schemas import ScheduleV1Schema, SchemaQueryV1Schema
from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE, PROCESS
from oa_api.http.errors import GoneError, NotFoundError
from oa_api.http.request_parsing import read_body
from oa_api.schedules.api import trigger
from oa_api.schedules.requests import Trigger
from oa_api.status.queries import ping_database
from oa_shared.json_types import JsonObject
from oa_shared.schedule_types import ScheduleType

# The OpenAPI document of version 1.
DOCUMENT_V1: web.AppKey[JsonObject] = web.AppKey("document_v1", dict)
_SCHEDULES = {
    "cleanup": ScheduleType.CLEANUP,
    "collect": ScheduleType.COLLECTIONS,
    "fabric": ScheduleType.FABRIC,
    "sources": ScheduleType.SOURCES,
}
_NOT_NEEDED = {
    "close": "runs close themselves",
    "level": "levels of donors do not exist, every download is open",
    "scale": "AWS Batch scales its compute environments itself",
}
_PARAMETER = re.compile(r"{\w+}|:\w+")
_REFERENCE = "#/components/schemas/"
_NOTHING: JsonObject = {"type": "object", "properties": {}}


async def get_health(request: web.Request) -> web.Response:
    """Return whether this process can serve requests, with 503 if it cannot."""
    reason = request.app[PROCESS].unready_reason()
    if not reason:
        try:
            await ping_database(request.app[DATABASE])
        except StoreError:
            reason = "the database does not respond"
    body = {"healthy": not reason, "message": reason or "ready"}
    return web.json_response(body, status=503 if reason else 200)


async def get_openapi_v1(request: web.Request) -> web.Response:
    """Return the OpenAPI document of version 1."""
    return web.json_response(request.app[DOCUMENT_V1])


async def get_schema(request: web.Request) -> web.Response:
    """Return which endpoints have schemas, or the schemas of one endpoint. Raises NotFoundError."""
    query, document = await read_query_v1(request, SchemaQueryV1Schema()), request.app[DOCUMENT_V1]
    if not query.method or not query.url:
        endpoints = {f"{method} {path}": _describe(operation) for method, path, operation in _operations(document)}
        return web.json_response(endpoints)
    requested = (query.method.upper(), _without_names(query.url))
    for method, path, operation in _operations(document):
        if (method, _without_names(path)) == requested:
            return web.json_response(_schemas(document, operation))
    raise NotFoundError(f"endpoint {query.method[:10]} {query.url[:60]} does not exist")


async def delete_cache(_request: web.Request) -> web.Response:
    """Confirm that nothing is cached: responses come from the database."""
    return _confirm_flush()


async def delete_cache_key(_request: web.Request) -> web.Response:
    """Confirm the same for one key."""
    return _confirm_flush()


def _confirm_flush() -> web.Response:
    return web.json_response({"status": 200, "message": "Cache Flushed: this service has no cache"})


async def post_schedule(request: web.Request) -> web.Response:
    """Trigger a schedule. Raises GoneError for one that has nothing to do here."""
    kind = (await read_body(request, ScheduleV1Schema())).type
    if kind in _NOT_NEEDED:
        raise GoneError(f"schedule {kind} does not exist: {_NOT_NEEDED[kind]}")
    await trigger(request, Trigger(type=_SCHEDULES[kind], period=None))
    return web.json_response({"status": 200, "message": "Schedule Event Started"})


def _operations(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Yield the method, the path of openaddresses/batch and the operation of each endpoint."""
    for path, methods in cast("dict[str, dict[str, JsonObject]]", document["paths"]).items():
        for method, operation in methods.items():
            yield method.upper(), path.removeprefix("/api").replace("{", ":").replace("}", "") or "/", operation


def _describe(operation: JsonObject) -> dict[str, bool]:
    return {
        "body": "requestBody" in operation,
        "query": bool(_query_parameters(operation)),
        "res": _response_schema(operation) is not None,
    }


def _schemas(document: JsonObject, operation: JsonObject) -> JsonObject:
    """Return the schemas of the body, the query and the response, without references."""
    body = operation.get("requestBody")
    query = {str(item["name"]): item.get("schema", {}) for item in _query_parameters(operation)}
    response = _response_schema(operation)
    return {
        "body": _resolve(document, _content_schema(body)) if body else _NOTHING,
        "query": {"type": "object", "properties": query},
        "res": _resolve(document, response) if response is not None else None,
    }


def _query_parameters(operation: JsonObject) -> list[JsonObject]:
    parameters = cast("list[JsonObject]", operation.get("parameters", []))
    return [parameter for parameter in parameters if parameter.get("in") == "query"]


def _response_schema(operation: JsonObject) -> object:
    responses = cast("dict[str, object]", operation.get("responses", {}))
    return _content_schema(responses["200"]) if "200" in responses else None


def _content_schema(described: object) -> object:
    content = described.get("content") if isinstance(described, dict) else None
    json_content = content.get("application/json") if isinstance(content, dict) else None
    return (json_content.get("schema") or None) if isinstance(json_content, dict) else None


def _resolve(document: JsonObject, value: object) -> object:
    """Return a schema with its references replaced; schemas of responses do not contain themselves."""
    if isinstance(value, list):
        return [_resolve(document, item) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith(_REFERENCE):
        components = cast("dict[str, dict[str, object]]", document["components"])
        return _resolve(document, components["schemas"][reference.removeprefix(_REFERENCE)])
    return {name: _resolve(document, item) for name, item in value.items()}


def _without_names(path: str) -> str:
    return _PARAMETER.sub(":", path)
