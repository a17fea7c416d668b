"""What the handlers of products share: who asks, lists, files."""

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from oa_api.errors import NotFoundError
from oa_api.handlers import paging
from oa_api.handlers.files import send
from oa_api.identity.principal import PRINCIPAL
from oa_api.problem import TRACEPARENT
from oa_api.products.launch import Asker
from oa_api.products.views import outputs_of
from oa_api.services import DATABASE
from oa_api.store.database import Row
from oa_api.store.queries import queries

_SQL = queries("products")


def asker(request: web.Request) -> Asker:
    """Return whoever wants something built."""
    return Asker(request[PRINCIPAL], traceparent=request[TRACEPARENT])


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
    values = {**asked, **(more or {}), "limit": asked["limit"] + 1, "count_limit": paging.COUNTED_ROWS + 1}
    total = await paging.bounded(database, _SQL[f"count_{name}"], values)
    rows = [view(row) for row in await database.all(_SQL[name], values)]
    return paging.answer(request, {**asked, "page": 0}, name, rows, total=total)


async def send_output(request: web.Request, row: Row, file: str, *, whose: str) -> web.StreamResponse:
    """Redirect to one of a product's files, or stream it. Raises NotFoundError."""
    output = outputs_of(row).get(file)
    if output is None:
        raise NotFoundError(f"{whose} has no {file[:60]!r}")
    return await send(request, output["key"])
