"""The OpenAPI 3.1 document, built from the routes and their marshmallow schemas."""

import re
from collections.abc import Sequence

from apispec import APISpec
from marshmallow import Schema

from oa_api.http.cross_origin import OPEN_TREES
from oa_api.http.fields import MAX_ID
from oa_api.http.headers import SECRET_HEADER
from oa_api.http.openapi_fields import FieldsPlugin
from oa_api.http.openapi_responses import PROBLEMS, media_schema, responses
from oa_api.http.routing import PAGE, Route
from oa_api.http.schemas import ProblemSchema
from oa_shared.json_types import JsonObject
from oa_shared.roles import Role
from oa_shared.status import LAYERS

_PARAMETER = re.compile(r"{(\w+)}")
_PARAMETER_DESCRIPTIONS = {
    "acknowledgement": "ID of an acknowledgement.",
    "bulk": "ID of a bulk action.",
    "pause": "ID of a pause.",
    "run": "ID of a run.",
    "job": "ID of a job.",
    "attempt": "Number of an attempt.",
    "array": "ID of an array of attempts.",
    "schedule_run": "ID of a schedule run.",
    "upload": "ID of an upload.",
    "file": "Name of a file.",
    "collection": "ID of a collection.",
    "export": "ID of an export.",
    "queue": "`jobs` or `results`.",
    "data": "ID of a dataset.",
    "source": "Path of the definition below `sources/`, with its slashes.",
    "layer": "Layer.",
    "name": "Name of the entry in the layer.",
    "webhook": "ID of a webhook.",
    "account": "ID of an account.",
    "token": "ID of a token.",
    "cache_key": "Ignored.",
    "level": "Ignored.",
    "z": "Zoom.",
    "x": "Column.",
    "y": "Row.",
    "map": "ID of a place: of the oldest dataset of its source.",
    "user": "ID of an account.",
}
_PARAMETER_SCHEMAS: dict[str, JsonObject] = {
    "file": {"type": "string", "examples": ["source.geojson.gz"]},
    "upload": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "queue": {"type": "string", "enum": ["jobs", "results"]},
    "source": {"type": "string", "examples": ["us/ca/berkeley"]},
    "layer": {"type": "string", "enum": list(LAYERS)},
    "name": {"type": "string", "examples": ["city"]},
    "cache_key": {"type": "string", "examples": ["data"]},
}
# The order in which generated clients prefer them.
_SCHEMES: dict[str, dict[str, str]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, `oa_…`, from POST /api/token."},
    SECRET_HEADER: {"type": "apiKey", "in": "header", "name": SECRET_HEADER},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-oa_session", "description": "A browser session."},
}
_ROLE_DESCRIPTIONS = {
    Role.ANYONE: "",
    Role.VIEWER: "Requires role viewer.",
    Role.AUTHOR: "Requires role author.",
    Role.MODERATOR: "Requires role moderator.",
    Role.ADMIN: "Requires role admin.",
    Role.SERVICE: "Requires the shared secret of services.",
}
_TAGS = {
    "data": "Published data, its history and its licenses.",
    "runs": "Runs: jobs that are started together.",
    "github": "GitHub webhooks.",
    "jobs": "Jobs (one source entry each).",
    "products": "Collections, exports and the map, built from published data.",
    "events": "Events, in order and as a live stream.",
    "webhooks": "Webhook subscriptions.",
    "queues": "Queues, dead letters and pauses.",
    "uploads": "Uploaded source files.",
    "cleanup": "Retention.",
    "health": "Health of sources, run statistics, cost.",
    "schedules": "Scheduled tasks.",
    "people": "Accounts, API tokens, audit log.",
    "service": "The service itself.",
    "compatibility": "Endpoints of openaddresses/batch that have no other path here (docs/moving.md); deprecated.",
}


def document(routes: Sequence[Route], version: str) -> JsonObject:
    """Return the OpenAPI document of these routes, without pages."""
    spec = APISpec(
        title="OpenAddresses Batch",
        version=version,
        openapi_version="3.1.0",
        plugins=[FieldsPlugin()],
        info={
            "description": "Turns source definitions into jobs, runs them and publishes the results. Reading is open "
            "to everyone. Writing requires a role (`x-role`), by an API token or the shared secret of services. "
            "Errors are RFC 9457 problem details. Scripts of every site may read with GET and HEAD below "
            f"{', '.join(f'`{tree}`' for tree in OPEN_TREES)} (CORS): without cookies, with a token if they have one.",
            "contact": {"name": "OpenAddresses", "url": "https://openaddresses.io"},
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        servers=[{"url": "/"}],
    )
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for status, text in PROBLEMS.items():
        content = {"application/problem+json": {"schema": ProblemSchema}}
        spec.components.response(f"Problem{status}", {"description": text, "content": content})
    routes = [route for route in routes if route.tag != PAGE]
    for path in dict.fromkeys(route.path for route in routes):
        spec.path(path, operations={route.method.lower(): _operation(route) for route in routes if route.path == path})
    return {key: _without_nulls(value) for key, value in spec.to_dict().items()}


def _operation_id(route: Route) -> str:
    """Return the name of the function of generated clients: of the handler, in the words of JavaScript."""
    first, *rest = getattr(route.handler, "__name__", "").split("_")
    return route.operation_id or first + "".join(map(str.capitalize, rest))


def _without_nulls(value: object) -> object:
    """Return a value without what marshmallow writes as null.

    Defaults of null: the document does not require the field. Parameters that may be null: in a URL they are absent.
    """
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_nulls(item) for key, item in value.items() if key != "default" or item is not None}
    if kept.get("in") == "query" and isinstance(schema := kept.get("schema"), dict):
        kept["schema"] = {key: _never_null(item) for key, item in schema.items()}
    return kept


def _never_null(value: object) -> object:
    """Return the types or choices of a schema without null; one type is not a list."""
    if not isinstance(value, list):
        return value
    kept = [item for item in value if item not in (None, "null")]
    return kept[0] if len(kept) == 1 and len(value) > 1 else kept


def _operation(route: Route) -> JsonObject:
    needs_role = route.role > Role.ANYONE
    parameters = _path_parameters(route.path)
    parameters += [{"in": "query", "schema": route.query}] if route.query else []
    parameters += [{"in": "header", "schema": route.headers}] if route.headers else []
    parameters += [_IDEMPOTENCY_KEY] if route.is_idempotent_by_key else []
    schemes = (SECRET_HEADER,) if route.role is Role.SERVICE else _SCHEMES
    return {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        **({"requestBody": _request_body(route.body)} if route.body else {}),
        "responses": responses(route),
        "security": [{name: []} for name in schemes] if needs_role else [],
        "x-role": route.role.label,
        **({"deprecated": True} if route.is_legacy or route.is_deprecated else {}),
        "description": f"{route.description} {_ROLE_DESCRIPTIONS[route.role]}".strip(),
    }


def _request_body(body: type[Schema] | str) -> JsonObject:
    """Return the body of a request: an absent one is an empty object, so it is required unless that is accepted."""
    if isinstance(body, str):
        return {"required": True, "content": {body: {"schema": media_schema(body)}}}
    return {"required": bool(body().validate({})), "content": {"application/json": {"schema": body}}}


_IDEMPOTENCY_KEY: JsonObject = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "A repeated request with the same key and body returns the first response.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def _path_parameters(path: str) -> list[JsonObject]:
    identifier: JsonObject = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    return [
        {
            "in": "path",
            "name": name,
            "required": True,
            "description": _PARAMETER_DESCRIPTIONS[name],
            "schema": _PARAMETER_SCHEMAS.get(name, identifier),
        }
        for name in _PARAMETER.findall(path)
    ]
