"""Routes as data: who may call an endpoint, what it accepts, and what it returns."""

from dataclasses import dataclass, field
from functools import partial

from marshmallow import Schema

from oa_api.http.problem import Handler
from oa_shared.media_types import MEDIA_TYPES, OCTET_STREAM
from oa_shared.roles import Role

JSON_LINES, TEXT, HTML, BYTES = MEDIA_TYPES[".jsonl"], "text/plain", "text/html", OCTET_STREAM
# JSON without a schema: any object, or an array of objects.
JSON, JSON_ARRAY = "json", "json array"
# Any object as a body.
JSON_BODY = MEDIA_TYPES[".json"]
# A file, whose name decides on its media type.
FILE = (BYTES, "*/*")

# The tag of pages, which are not part of the API or of the OpenAPI document.
PAGE = "page"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint or page.

    `response` is the schema of the response, or its media types if it is not JSON only, where `json` is the schema of
    the one that is JSON; an empty tuple means no status 200. `body` is the schema of the body, or its media type.
    `role` is the lowest role that may call the route, so a new route is closed until its author opens it. `refusals`
    lists its specific error statuses, `also` further statuses that are not errors. `headers` describes the headers that
    the handler reads. `pattern` is the path for the router, where a parameter may contain slashes. `former_path` is
    where older clients send the same request; the document does not list it. `operation_id` names the operation for
    generated clients, where the name of the handler does not. `max_form_bytes` allows a form a larger body than other
    forms. `is_health` marks an endpoint that returns its own
    schema with 503, also while the process starts, and `has_page` one that returns HTML to a browser. `is_development`
    routes exist only where the setting `component_gallery` is on, `is_legacy` ones only where `compatibility` is.
    `is_deprecated` marks an endpoint that another one has replaced; both are deprecated in the document.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    response: type[Schema] | tuple[str, ...]
    tag: str
    role: Role = Role.ADMIN
    description: str = ""
    query: type[Schema] | None = None
    body: type[Schema] | str | None = None
    json: type[Schema] | None = None
    headers: type[Schema] | None = None
    refusals: tuple[int, ...] = field(default=())
    is_idempotent_by_key: bool = False
    pattern: str = ""
    former_path: str = ""
    operation_id: str = ""
    also: tuple[int, ...] = ()
    max_form_bytes: int = 0
    is_health: bool = False
    has_page: bool = False
    is_development: bool = False
    is_legacy: bool = False
    is_deprecated: bool = False


get, post = partial(Route, "GET"), partial(Route, "POST")
patch, put, delete = partial(Route, "PATCH"), partial(Route, "PUT"), partial(Route, "DELETE")
# A page, and the target of a form on it.
page = partial(Route, "GET", response=(HTML,), tag=PAGE)
form = partial(Route, "POST", response=(HTML,), tag=PAGE)
