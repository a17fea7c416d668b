"""GET /api/events: a page of the feed, or the stream of it."""

from typing import Any

from aiohttp import hdrs, web

from oa_api.events.cursor import END, START, Cursor, EventFilter, NoPositionError
from oa_api.events.feed import now, read
from oa_api.events.hub import HUB
from oa_api.events.schemas import EventFilterSchema
from oa_api.events.serializers import event_view
from oa_api.events.stream import stream
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import InvalidError
from oa_api.http.request_parsing import path_id, query

STREAM = "text/event-stream"
_RESUME = "Last-Event-ID"


async def get_events(request: web.Request) -> web.StreamResponse:
    """Return what happened to jobs, or tell it as it happens."""
    return await _answer(request, await query(request, EventFilterSchema()))


async def get_events_of_run(request: web.Request) -> web.StreamResponse:
    """Return what happened to the jobs of a run, or tell it as it happens."""
    asked = await query(request, EventFilterSchema())
    if asked["run"] not in (None, path_id(request, "run")):
        raise InvalidError("the path names the run already", fields={"run": ["Leave it out."]})
    return await _answer(request, {**asked, "run": path_id(request, "run")})


async def _answer(request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    interest = EventFilter(run=asked["run"], job=asked["job"], kinds=asked["kind"])
    database = request.app[DATABASE]
    if request.method == hdrs.METH_GET and STREAM in request.headers.get(hdrs.ACCEPT, ""):
        after = _resumed(request) or asked["after"]
        return await stream(request, request.app[HUB], database, interest, after=after)
    end = await now(database)
    is_forward = asked["order"] == "asc"
    after, cursor = asked["after"] or START, asked["cursor"]
    if cursor is not None and is_forward:
        after = max(after, cursor)
    until = _before(cursor) if cursor is not None and not is_forward else END
    limit = asked["limit"]
    rows = await read(database, interest, after=after, until=until, order=asked["order"], limit=limit + 1)
    response = web.json_response({"events": [event_view(row) for row in rows[:limit]], "now": str(end)})
    if len(rows) > limit:
        following = request.rel_url.update_query(cursor=str(Cursor.of(rows[limit - 1])))
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _before(position: Cursor) -> Cursor:
    return Cursor(position.xid, position.row - 1)


def _resumed(request: web.Request) -> Cursor | None:
    text = request.headers.get(_RESUME)
    try:
        return Cursor.parse(text) if text else None
    except NoPositionError as error:
        raise InvalidError(error.detail, fields={_RESUME: [error.detail]}) from error
