"""Pages of lists as responses, with Link headers to the next and the previous page."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from yarl import URL

from oa_api.db.pages import Page
from oa_api.http.schemas import CursorSlice, Slice, TextCursorSlice

_Row = TypeVar("_Row")


def list_response(
    request: web.Request,
    window: Slice,
    name: str,
    page: Page[_Row],
    *,
    serialize: Callable[[_Row], Mapping[str, Any]],
    cursor_of: Callable[[_Row], str | int] | None = None,
    **extra: object,
) -> web.Response:
    """Return a page of a list under `name`, its total if counted, and Link headers.

    The next page is found by cursor where the list has one, else by page number. `cursor_of` returns the cursor of a
    row; by default it is the `id` of the item.
    """
    items = [serialize(row) for row in page.rows]
    total = page.total.as_fields() if page.total else {}
    response = web.json_response({**extra, **total, name: items})
    links = []
    if page.has_more:
        cursor: str | int | None = None
        if cursor_of is not None:
            cursor = cursor_of(page.rows[-1])
        elif isinstance(window, CursorSlice | TextCursorSlice):
            cursor = items[-1]["id"]
        links.append(f'<{_next_url(request, window, cursor)}>; rel="next"')
    if window.page > 0:
        links.append(f'<{request.rel_url.update_query(page=window.page - 1)}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _next_url(request: web.Request, window: Slice, cursor: str | int | None) -> URL:
    if cursor is None:
        return request.rel_url.update_query(page=window.page + 1)
    return request.rel_url.without_query_params("page").update_query(cursor=cursor)
