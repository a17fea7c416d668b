"""Pages of lists as responses, with Link headers to the next and the previous page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web
from yarl import URL

from oa_api.db.counting import Total
from oa_api.db.database import Row
from oa_api.db.pages import Page
from oa_api.http.schemas import CursorSlice, Slice, TextCursorSlice

_Row = TypeVar("_Row")


def page_response(
    request: web.Request, asked: dict[str, Any], name: str, rows: list[Row], *, total: Total, **extra: object
) -> web.Response:
    """Return a page of a list with Links; `rows` are serialized, and may have one more than fit."""
    page = Page.cut(rows, asked["limit"], total)
    window = (
        CursorSlice(limit=asked["limit"], page=asked["page"], cursor=asked["cursor"])
        if "cursor" in asked
        else Slice(limit=asked["limit"], page=asked["page"])
    )
    return list_response(request, window, name, page, serialize=dict, cursor_key="id", **extra)


def list_response(
    request: web.Request,
    window: Slice,
    name: str,
    page: Page[_Row],
    *,
    serialize: Callable[[_Row], Mapping[str, Any]],
    cursor_key: str = "id",
    **extra: object,
) -> web.Response:
    """Return a page of a list under `name`, its total if counted, and Link headers.

    The next page is found by cursor where the list has one (the `cursor_key` of the last item), else by page number.
    """
    items = [serialize(row) for row in page.rows]
    total = page.total.as_fields() if page.total else {}
    response = web.json_response({**extra, **total, name: items})
    links = []
    if page.has_more:
        links.append(f'<{_next_url(request, window, items, cursor_key)}>; rel="next"')
    if window.page > 0:
        links.append(f'<{request.rel_url.update_query(page=window.page - 1)}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _next_url(request: web.Request, window: Slice, items: Sequence[Mapping[str, Any]], cursor_key: str) -> URL:
    if isinstance(window, CursorSlice | TextCursorSlice):
        return request.rel_url.without_query_params("page").update_query(cursor=items[-1][cursor_key])
    return request.rel_url.update_query(page=window.page + 1)
