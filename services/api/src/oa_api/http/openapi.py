"""The OpenAPI 3.1 document, made from the routes and their marshmallow schemas."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from oa_api.http.fields import MAX_ID, Choices, Numbers, Time
from oa_api.http.headers import SECRET_HEADERS
from oa_api.http.routing import PAGE
from oa_api.http.schemas import ProblemSchema
from oa_shared.roles import Role
from oa_shared.status import LAYERS

if TYPE_CHECKING:
    from oa_api.http.routing import Route

_PARAMETER = re.compile(r"{(\w+)}")
_WORD = re.compile(r"\w+")
_WORDS = {
    "bulk": "The number of a bulk action.",
    "pause": "The number of a pause.",
    "run": "The number of a run.",
    "job": "The number of a job.",
    "schedule_run": "The ID of a schedule run.",
    "upload": "The id of an upload.",
    "file": "The name of one of its files.",
    "collection": "The number of a collection.",
    "export": "The number of an export.",
    "queue": "`jobs` or `results`.",
    "data": "The number of a dataset.",
    "source": "The path of the definition below `sources/`, slashes and all.",
    "layer": "The layer.",
    "name": "The entry inside the layer.",
    "webhook": "The number of a webhook.",
    "account": "The number of an account.",
    "token": "The number of a token.",
}
_WORD_SCHEMAS = {
    "file": {"type": "string", "examples": ["source.geojson.gz"]},
    "upload": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "queue": {"type": "string", "enum": ["jobs", "results"]},
    "source": {"type": "string", "examples": ["us/ca/berkeley"]},
    "layer": {"type": "string", "enum": list(LAYERS)},
    "name": {"type": "string", "examples": ["city"]},
}
_WHEN = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, or what was sent to say who asks is not valid.",
    403: "Whoever asks may not do that.",
    404: "There is no such thing.",
    408: "The body did not come in time.",
    409: "Not possible in the present state.",
    410: "It was there, and is not kept any more.",
    413: "The body is too large.",
    415: "The body is not JSON by its type.",
    416: "The range lies outside the file.",
    422: "The request is not valid; `errors` says where.",
    429: "The client has asked too often; `Retry-After` says how long to wait.",
    500: "The server failed; the error has been logged.",
    503: "Something that the answer needs is away; try again.",
}
_SCHEMES: dict[str, dict[str, str]] = {
    **{name: {"type": "apiKey", "in": "header", "name": name} for name in SECRET_HEADERS},
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, `oa_…`, of POST /api/token."},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-oa_session", "description": "A browser's."},
}
_WHO = {
    Role.ANYONE: "",
    Role.VIEWER: "For everybody who is signed in.",
    Role.AUTHOR: "For authors, moderators and admins.",
    Role.MODERATOR: "For moderators and admins.",
    Role.ADMIN: "For admins.",
    Role.SERVICE: "For services, which have the shared secret.",
}
_ALSO = {302: "It lies at the address in `Location`.", 304: "It is as it was: `If-None-Match` names it."}
_TAGS = {
    "data": "What is published, its history and its licences.",
    "runs": "Jobs that are started together.",
    "github": "Webhooks of GitHub.",
    "jobs": "One source, layer and name each.",
    "products": "Collections, exports and the map, made of what is published.",
    "events": "What happens, in order, and as it happens.",
    "webhooks": "Who is told of new data, and of what.",
    "queues": "What waits, and what nobody could deal with.",
    "uploads": "Files that no server has.",
    "cleanup": "What is not kept for ever.",
    "health": "How sources stand, how fast work goes, what it costs.",
    "schedules": "What is done by the clock.",
    "people": "Accounts, API tokens, and who did what.",
    "service": "The service itself.",
}


def document(routes: Sequence["Route"], version: str) -> dict[str, Any]:
    """Return the document of these routes, but for the pages."""
    spec = APISpec(
        title="OpenAddresses Batch",
        version=version,
        openapi_version="3.1.0",
        plugins=[_Plugin()],
        info={
            "description": "Turns source definitions into jobs, runs them and publishes what came out. Reading is open "
            "to everybody; what writes takes a role (`x-role`), which an API token has, or the shared secret of "
            "services. Errors are RFC 9457 problem details.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        servers=[{"url": "/"}],
    )
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for status, text in _WHEN.items():
        content = {"application/problem+json": {"schema": ProblemSchema}}
        spec.components.response(f"Problem{status}", {"description": text, "content": content})
    routes = [route for route in routes if route.tag != PAGE]
    for path in dict.fromkeys(route.path for route in routes):
        spec.path(path, operations={r.method.lower(): _operation(r) for r in routes if r.path == path})
    made: dict[str, Any] = _without_empty_defaults(spec.to_dict())
    return made


def _without_empty_defaults(value: Any) -> Any:
    """Drop defaults of null: they only say that something may be left out, which the document says by itself."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key != "default" or item is not None}
        return {key: _without_empty_defaults(item) for key, item in kept.items()}
    return [_without_empty_defaults(item) for item in value] if isinstance(value, list) else value


class _Plugin(MarshmallowPlugin):
    """Knows our own kinds of fields."""

    def init_spec(self, spec: APISpec) -> None:
        """Add them to what the plugin knows."""
        super().init_spec(spec)
        if self.converter is not None:
            self.converter.field_mapping[Time] = ("string", "date-time")
            self.converter.field_mapping[Numbers] = ("string", None)
            self.converter.add_attribute_function(_describe_choices)  # type: ignore[no-untyped-call] # unannotated


def _describe_choices(_converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    if isinstance(field, Numbers):
        number = r"-?\d+(\.\d+)?"
        return {"pattern": f"^{number}(,{number}){{{field.count - 1}}}$"}
    if not isinstance(field, Choices):
        return {}
    word = "|".join(field.choices)
    return {"type": "string", "pattern": f"^({word})(,({word}))*$"}


def _operation(route: "Route") -> dict[str, Any]:
    is_internal = route.role > Role.ANYONE
    made: dict[str, Any] = {
        "operationId": f"{route.method.lower()}_{'_'.join(_WORD.findall(route.path)) or 'root'}",
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": _path_parameters(route.path),
        "responses": {**_answers(route), **_refusals(route, is_internal=is_internal)},
        "x-role": route.role.label,
    }
    made["description"] = f"{route.description} {_WHO[route.role]}".strip()
    if route.query is not None:
        made["parameters"].append({"in": "query", "schema": route.query})
    if route.is_idempotent_by_key:
        made["parameters"].append(_IDEMPOTENCY_KEY)
    if route.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    if is_internal:
        named = SECRET_HEADERS if route.role is Role.SERVICE else _SCHEMES
        made["security"] = [{name: []} for name in named]
    return made


_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Repeating a request with the same key and body returns the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def _answers(route: "Route") -> dict[str, Any]:
    done = {"200": _done(route)} if route.answer else {}
    return done | {str(status): {"description": _ALSO[status]} for status in route.also}


def _done(route: "Route") -> dict[str, Any]:
    if isinstance(route.answer, tuple):
        types: dict[str, Any] = {
            "application/json" if kind == "json" else kind: {"schema": {}} for kind in route.answer
        }
        return {"description": "Done.", "content": types}
    content: dict[str, Any] = {"application/json": {"schema": route.answer}}
    if route.is_health:
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": "Done.", "content": content}


_ALWAYS = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)


def _refusals(route: "Route", *, is_internal: bool) -> dict[str, Any]:
    statuses = {*_ALWAYS, *route.refusals}
    statuses |= {400, 408, 413, 415, 422} if route.body else {422} if route.query else {400}
    statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} if is_internal else {HTTPStatus.UNAUTHORIZED}
    statuses |= {HTTPStatus.NOT_FOUND} if _PARAMETER.search(route.path) else set()
    found = {str(int(status)): f"Problem{int(status)}" for status in sorted(statuses)}
    if not route.is_health:
        return dict(found)
    return found | {"503": {**_done(route), "description": "Something is away; the reasons are in `problems`."}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    return [
        {
            "in": "path",
            "name": name,
            "required": True,
            "description": _WORDS[name],
            "schema": _WORD_SCHEMAS.get(name, number),
        }
        for name in _PARAMETER.findall(path)
    ]
