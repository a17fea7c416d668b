"""Lists: filters to SQL parameters, totals that cost little, and Link headers to the neighbours."""

from typing import Any

from aiohttp import web

from oa_api.db.counting import Total
from oa_api.db.database import Row


def page_response(
    request: web.Request, asked: dict[str, Any], name: str, rows: list[Row], *, total: Total, **extra: Any
) -> web.Response:
    """Return a page of a list with Links to its neighbours; `rows` are dumped, and may have one more than are shown."""
    shown = rows[: asked["limit"]]
    response = web.json_response({**extra, **total.shown(), name: shown})
    links = []
    if len(rows) > asked["limit"]:
        links.append(f'<{_next(request, asked, shown)}>; rel="next"')
    if asked["page"] > 0:
        links.append(f'<{request.rel_url.update_query(page=asked["page"] - 1)}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _next(request: web.Request, asked: dict[str, Any], shown: list[Row]) -> Any:
    if "cursor" not in asked:
        return request.rel_url.update_query(page=asked["page"] + 1)
    return request.rel_url.without_query_params("page").update_query(cursor=shown[-1]["id"])
