"""What this service does not do on purpose: the endpoints of openaddresses/batch that it refuses, with the reason."""

import re

from aiohttp import web

from oa_api.compatibility.table import RecognizedBy, RouteVerdict, TableRow, read_table
from oa_api.http.errors import GoneError
from oa_api.http.problem import Handler
from oa_api.http.routing import JSON, Route
from oa_shared.roles import Role


def refuse(row: TableRow) -> Handler:
    """Return a handler that refuses each request with the reason of its row, named after the endpoint."""

    async def handle(_request: web.Request) -> web.StreamResponse:
        raise GoneError(f"{row.note} (docs/moving.md)")

    # Operations of an OpenAPI document are named after their handlers.
    handle.__name__ = "_".join(["refuse", *re.findall(r"\w+", row.version_1.lower())])
    return handle


def withdrawn_routes(recognized_by: RecognizedBy) -> tuple[Route, ...]:
    """Return the refused routes of the table: those with an own path, or those that share one with version 2."""
    rows = [row for row in read_table() if row.verdict is RouteVerdict.REFUSED and row.recognized_by is recognized_by]
    return tuple(_make_route(row) for row in rows)


def _make_route(row: TableRow) -> Route:
    method, path = row.endpoint
    return Route(
        method,
        path,
        refuse(row),
        "Refuse a request of openaddresses/batch",
        response=(JSON,),
        tag="compatibility",
        description=row.note,
        refusals=(410,),
        role=Role.ANYONE,
        is_legacy=True,
    )
