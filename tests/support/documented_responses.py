"""Compares each response of the API under test with the OpenAPI document: its status and its media type."""

from collections.abc import Iterator

from aiohttp import hdrs, web

from oa_api.http.openapi import document
from oa_api.http.routing import PAGE
from oa_api.routes import ROUTES
from oa_shared.json_types import JsonMapping
from oa_shared.version import VERSION

_DOCUMENT = document([route for route in ROUTES if not route.is_legacy], VERSION)
_ANY = "*/*"
# The media type by which a client of version 2 asks for JSON of this version, and gets it (docs/moving.md).
_JSON_V2, _JSON = "application/vnd.openaddresses.v2+json", "application/json"
# Pages of errors are for browsers, whatever they request.
_ERROR_PAGE = "text/html"
_FIRST_ERROR = 400


class UndocumentedResponses:
    """Collects the responses that the document does not have."""

    def __init__(self, app: web.Application) -> None:
        self.found: set[str] = set()
        app.on_response_prepare.append(self._compare)

    def check(self) -> None:
        """Fail if the API sent a response that its document does not have."""
        assert not self.found, f"not in the OpenAPI document (refusals, also or response of the route): {self.found}"

    async def _compare(self, request: web.Request, response: web.StreamResponse) -> None:
        resource = request.match_info.route.resource
        method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
        operation = _OPERATIONS.get((method, resource.canonical)) if resource else None
        if operation is None:
            return
        place = f"{method} {resource.canonical if resource else ''} -> {response.status}"
        documented = _responses(operation).get(str(response.status))
        if documented is None:
            self.found.add(place)
            return
        content = documented.get("content", {})
        media_type = _JSON if response.content_type == _JSON_V2 else response.content_type
        is_error_page = response.status >= _FIRST_ERROR and response.content_type == _ERROR_PAGE
        if isinstance(content, dict) and content and not is_error_page and not {media_type, _ANY} & {*content}:
            self.found.add(f"{place} {response.content_type}")


def _operations() -> Iterator[tuple[tuple[str, str], JsonMapping]]:
    paths = _DOCUMENT["paths"]
    assert isinstance(paths, dict)
    for route in (route for route in ROUTES if route.tag != PAGE and not route.is_legacy):
        for path in filter(None, (route.path, route.former_path)):
            yield (route.method, path), paths[route.path][route.method.lower()]


def _responses(operation: JsonMapping) -> dict[str, JsonMapping]:
    """Return the responses of an operation by status, with references resolved."""
    components, responses = _DOCUMENT["components"], operation["responses"]
    assert isinstance(components, dict)
    assert isinstance(responses, dict)
    return {
        status: components["responses"][response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        for status, response in responses.items()
    }


_OPERATIONS = dict(_operations())
