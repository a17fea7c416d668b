"""What is known of an endpoint: who may call it, what it takes and answers."""

from dataclasses import dataclass, field
from functools import partial

from marshmallow import Schema

from oa_api.http.problem import Handler
from oa_shared.roles import Role

JSON_LINES, TEXT, HTML, BYTES, JSON = "application/jsonl", "text/plain", "text/html", "application/octet-stream", "json"
ATOM, GEOJSON = "application/atom+xml", "application/geo+json"

# The tag of pages for people: they are no part of the API, nor of its document.
PAGE = "page"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    `answer` is a schema, or the media types of what is not JSON of ours. `role` is the lowest that may call it: a new
    endpoint is closed until somebody opens it. `pattern` is the path as the router takes it, where a part of it holds
    slashes. `also` are the statuses besides 200 that are no refusals; without an `answer` there is no 200.
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


get, post = partial(Route, "GET"), partial(Route, "POST")
patch, put, delete = partial(Route, "PATCH"), partial(Route, "PUT"), partial(Route, "DELETE")
# A page, and where one of its forms is sent.
page = partial(Route, "GET", answer=(HTML,), tag=PAGE)
form = partial(Route, "POST", answer=(HTML,), tag=PAGE)
