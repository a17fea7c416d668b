"""What the handlers of products share: who asks, lists, files."""

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from oa_api.db import counting
from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http import paging
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError
from oa_api.http.problem import TRACEPARENT
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.files import send_file
from oa_api.products.builds import Requester
from oa_api.products.serializers import outputs_of

_SQL = load_queries("products.queries")


def asker(request: web.Request) -> Requester:
    """Return whoever wants something built."""
    return Requester(request[PRINCIPAL], traceparent=request[TRACEPARENT])


async def page(
    request: web.Request,
    asked: dict[str, Any],
    name: str,
    *,
    view: Callable[[Row], Any],
    more: Mapping[str, Any] | None = None,
) -> web.Response:
    """Return a page of a list; its statement has the list's name."""
    database = request.app[DATABASE]
    values = {**asked, **(more or {}), "limit": asked["limit"] + 1, "count_limit": counting.COUNTED_ROWS + 1}
    total = await counting.count_rows(database, _SQL[f"count_{name}"], values)
    rows = [view(row) for row in await database.all(_SQL[name], values)]
    return paging.page_response(request, {**asked, "page": 0}, name, rows, total=total)


async def send_output(request: web.Request, row: Row, file: str, *, whose: str) -> web.StreamResponse:
    """Redirect to one of a product's files, or stream it. Raises NotFoundError."""
    output = outputs_of(row).get(file)
    if output is None:
        raise NotFoundError(f"{whose} has no {file[:60]!r}")
    return await send_file(request, output["key"])
