"""Routes as data: who may call an endpoint, what it accepts, and what it returns."""

from dataclasses import dataclass, field
from functools import partial

from marshmallow import Schema

from oa_api.http.problem import Handler
from oa_shared.roles import Role

JSON_LINES, TEXT, HTML, BYTES, JSON = "application/jsonl", "text/plain", "text/html", "application/octet-stream", "json"
ATOM, GEOJSON = "application/atom+xml", "application/geo+json"

# The tag of pages, which are not part of the API or its document.
PAGE = "page"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint or page.

    `answer` is a response schema, or the media types of a response that is not our JSON; without it there is no 200.
    `role` is the lowest role that may call it, so a new endpoint is closed until its author opens it. `pattern` is the
    path as the router takes it, for paths with a parameter that holds slashes. `also` lists further statuses that are
    not errors. `is_health` marks the endpoint that also answers 503 with its own schema, and HTML to a browser.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answer: type[Schema] | tuple[str, ...]
    tag: str
    role: Role = Role.ADMIN
    description: str = ""
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    refusals: tuple[int, ...] = field(default=())
    is_idempotent_by_key: bool = False
    pattern: str = ""
    also: tuple[int, ...] = ()
    is_health: bool = False


get, post = partial(Route, "GET"), partial(Route, "POST")
patch, put, delete = partial(Route, "PATCH"), partial(Route, "PUT"), partial(Route, "DELETE")
# A page, and the target of one of its forms.
page = partial(Route, "GET", answer=(HTML,), tag=PAGE)
form = partial(Route, "POST", answer=(HTML,), tag=PAGE)
