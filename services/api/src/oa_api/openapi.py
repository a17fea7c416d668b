"""The OpenAPI 3.1 document, made from the routes and their marshmallow schemas."""

import re
from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from oa_api.authorisation import HEADERS, PUBLIC

_PARAMETER = re.compile(r"{(\w+)}")
_TEXT_PARAMETERS = frozenset({"file"})


@cache
def document(version: str) -> dict[str, Any]:
    """Return the document."""
    from oa_api.routes import ROUTES, Route  # noqa: PLC0415 - the routes name the handler that calls this

    spec = APISpec(title="OpenAddresses Batch", version=version, openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.security_scheme("secret", {"type": "apiKey", "in": "header", "name": HEADERS[0]})
    spec.components.schema("Problem", {"type": "object", "properties": {"detail": {"type": "string"}}})

    def operation(route: Route) -> dict[str, Any]:
        made: dict[str, Any] = {"summary": route.summary, "responses": _responses(), "parameters": _path(route.path)}
        if route.query is not None:
            made["parameters"].append({"in": "query", "schema": route.query})
        if route.body is not None:
            made["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
        if (route.method, route.path) not in PUBLIC:
            made["security"] = [{"secret": []}]
        return made

    for path in dict.fromkeys(route.path for route in ROUTES):
        spec.path(path, operations={r.method.lower(): operation(r) for r in ROUTES if r.path == path})
    made: dict[str, Any] = spec.to_dict()
    return made


def _path(path: str) -> list[dict[str, Any]]:
    return [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": {"type": "string"} if name in _TEXT_PARAMETERS else {"type": "integer", "minimum": 1},
        }
        for name in _PARAMETER.findall(path)
    ]


def _responses() -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": "Problem"}}, "description": "What is wrong"}
    return {"200": {"description": "Done"}, "default": problem}
