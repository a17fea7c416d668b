"""Lists: filters to SQL parameters, and Link headers to the neighbours."""

from typing import Any

from aiohttp import web

from oa_api.store.database import Row


def parameters(asked: dict[str, Any]) -> dict[str, Any]:
    """Return SQL parameters of a filtered list; one row more than asked for tells whether there is a next page."""
    offset = 0 if asked.get("cursor") else asked["page"] * asked["limit"]
    return {**asked, "limit": asked["limit"] + 1, "offset": offset}


def answer(request: web.Request, asked: dict[str, Any], name: str, rows: list[Row], **extra: Any) -> web.Response:
    """Return a page of a list with a Link to the next one."""
    has_more = len(rows) > asked["limit"]
    shown = rows[: asked["limit"]]
    response = web.json_response({**extra, name: shown})
    links = []
    if has_more:
        following = {"cursor": shown[-1]["id"]} if "cursor" in asked else {"page": asked["page"] + 1}
        url = request.rel_url.update_query(following)
        if "cursor" in following:
            url = url.without_query_params("page")
        links.append(f'<{url}>; rel="next"')
    if asked["page"] > 0:
        links.append(f'<{request.rel_url.update_query(page=asked["page"] - 1)}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response
