"""The OpenAPI 3.1 document, built from the routes and their marshmallow schemas."""

import re
from collections.abc import Sequence
from http import HTTPStatus

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from oa_api.http.cross_origin import OPEN_TREES
from oa_api.http.fields import MAX_ID, Choices, Numbers, Time
from oa_api.http.headers import SECRET_HEADER
from oa_api.http.routing import PAGE, Route
from oa_api.http.schemas import ProblemSchema
from oa_shared.json_types import JsonObject
from oa_shared.roles import Role
from oa_shared.status import LAYERS

_PARAMETER = re.compile(r"{(\w+)}")
_WORD = re.compile(r"\w+")
_PARAMETER_DESCRIPTIONS = {
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
_PROBLEMS = {
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
_SCHEMES: dict[str, dict[str, str]] = {
    SECRET_HEADER: {"type": "apiKey", "in": "header", "name": SECRET_HEADER},
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, `oa_…`, from POST /api/token."},
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
_OTHER_STATUSES = {302: "Redirect to the file.", 304: "Not modified since the version in `If-None-Match`."}
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
        plugins=[_Plugin()],
        info={
            "description": "Turns source definitions into jobs, runs them and publishes the results. Reading is open "
            "to everyone. Writing requires a role (`x-role`), by an API token or the shared secret of services. "
            "Errors are RFC 9457 problem details. Scripts of every site may read with GET and HEAD below "
            f"{', '.join(f'`{tree}`' for tree in OPEN_TREES)} (CORS): without cookies, with a token if they have one.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        servers=[{"url": "/"}],
    )
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for status, text in _PROBLEMS.items():
        content = {"application/problem+json": {"schema": ProblemSchema}}
        spec.components.response(f"Problem{status}", {"description": text, "content": content})
    routes = [route for route in routes if route.tag != PAGE]
    for path in dict.fromkeys(route.path for route in routes):
        spec.path(path, operations={route.method.lower(): _operation(route) for route in routes if route.path == path})
    return {key: _without_null_defaults(value) for key, value in spec.to_dict().items()}


def _without_null_defaults(value: object) -> object:
    """Return a value without defaults of null, which the document says by not requiring the field."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key != "default" or item is not None}
        return {key: _without_null_defaults(item) for key, item in kept.items()}
    return [_without_null_defaults(item) for item in value] if isinstance(value, list) else value


class _Plugin(MarshmallowPlugin):
    """Knows the fields of this service."""

    def init_spec(self, spec: APISpec) -> None:
        """Add the fields to those of the plugin."""
        super().init_spec(spec)
        if self.converter is not None:
            self.converter.field_mapping[Time] = ("string", "date-time")
            self.converter.field_mapping[Numbers] = ("string", None)
            self.converter.add_attribute_function(_describe_lists)  # type: ignore[no-untyped-call] # unannotated


def _describe_lists(_converter: object, field: object, **_: object) -> JsonObject:
    if isinstance(field, Numbers):
        number = r"-?\d+(\.\d+)?"
        return {"pattern": f"^{number}(,{number}){{{field.count - 1}}}$"}
    if not isinstance(field, Choices):
        return {}
    choice = "|".join(field.choices)
    return {"type": "string", "pattern": f"^({choice})(,({choice}))*$"}


def _operation(route: Route) -> JsonObject:
    needs_role = route.role > Role.ANYONE
    parameters = _path_parameters(route.path)
    if route.query is not None:
        parameters.append({"in": "query", "schema": route.query})
    if route.is_idempotent_by_key:
        parameters.append(_IDEMPOTENCY_KEY)
    operation: JsonObject = {
        "operationId": f"{route.method.lower()}_{'_'.join(_WORD.findall(route.path)) or 'root'}",
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": {**_responses(route), **_problem_responses(route, needs_role=needs_role)},
        "x-role": route.role.label,
        "description": f"{route.description} {_ROLE_DESCRIPTIONS[route.role]}".strip(),
    }
    if route.is_legacy:
        operation["deprecated"] = True
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    if needs_role:
        schemes = (SECRET_HEADER,) if route.role is Role.SERVICE else _SCHEMES
        operation["security"] = [{name: []} for name in schemes]
    return operation


_IDEMPOTENCY_KEY: JsonObject = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "A repeated request with the same key and body returns the first response.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def _responses(route: Route) -> dict[str, JsonObject]:
    success = {"200": _success(route)} if route.response else {}
    return success | {str(status): {"description": _OTHER_STATUSES[status]} for status in route.also}


def _success(route: Route) -> JsonObject:
    if isinstance(route.response, tuple):
        types: JsonObject = {"application/json" if kind == "json" else kind: {"schema": {}} for kind in route.response}
        return {"description": "Success.", "content": types}
    content: JsonObject = {"application/json": {"schema": route.response}}
    if route.has_page:
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": "Success.", "content": content}


_ALWAYS = (
    *(HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, HTTPStatus.TOO_MANY_REQUESTS),
    *(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE),
)


def _problem_responses(route: Route, *, needs_role: bool) -> dict[str, str | JsonObject]:
    statuses = {*_ALWAYS, *route.refusals}
    statuses |= {400, 408, 413, 415, 422} if route.body else {422} if route.query else {400}
    statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} if needs_role else {HTTPStatus.UNAUTHORIZED}
    statuses |= {HTTPStatus.NOT_FOUND} if _PARAMETER.search(route.path) else set()
    responses: dict[str, str | JsonObject] = {str(int(status)): f"Problem{int(status)}" for status in sorted(statuses)}
    if not route.is_health:
        return responses
    return responses | {"503": {**_success(route), "description": "Unhealthy; see `problems`."}}


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
