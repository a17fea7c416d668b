"""Lists on pages: the filters and keyset pages of the API, with links to other pages of the list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from aiohttp import web

from oa_api.db.pages import Page
from oa_api.http.fields import RequestSchema
from oa_api.http.request_parsing import read_query
from oa_api.http.schemas import Slice

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a list, links to older and to the newest rows, and how many of how many rows are shown."""

    rows: Sequence[object]
    older: str | None
    newest: str | None
    summary: str


_Filter = TypeVar("_Filter", bound=Slice)


async def list_filter(request: web.Request, schema: RequestSchema[_Filter]) -> _Filter:
    """Return the filter of the query, with more rows than the API's default. Raises InvalidError."""
    window = await read_query(request, schema)
    return window if "limit" in request.query else replace(window, limit=_SHOWN)


class _Window(Protocol):
    """A part of a list that may start after a cursor."""

    @property
    def cursor(self) -> object: ...


def make_listing(
    request: web.Request, window: _Window, page: Page[Any], *, cursor_of: Callable[[Any], str | int] | None = None
) -> Listing:
    """Return a page of rows with links to older and to the newest rows.

    `cursor_of` returns the cursor of a row; by default it is the `id` of the row, or its key `id`.
    """
    older = request.rel_url.update_query(cursor=(cursor_of or _id_of)(page.rows[-1])) if page.has_more else None
    newest = request.rel_url.without_query_params("cursor", "page") if window.cursor else None
    summary = f"{len(page.rows):,}"
    if page.total is not None:
        summary += f" of {'at least ' if page.total.is_estimate else ''}{page.total.rows:,}"
    return Listing(page.rows, str(older) if older else None, str(newest) if newest else None, summary)


def _id_of(row: Any) -> int | str:
    row_id: int | str = row["id"] if isinstance(row, dict) else row.id
    return row_id
