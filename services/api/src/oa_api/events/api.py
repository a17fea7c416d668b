"""GET /api/events: a page of the feed, or a stream of it."""

from dataclasses import replace

from aiohttp import hdrs, web

from oa_api.events.cursor import END, START, Cursor, InvalidCursorError
from oa_api.events.event_filter import EventFilter
from oa_api.events.feed import feed_end, read_events
from oa_api.events.hub import HUB
from oa_api.events.requests import EventQuery
from oa_api.events.schemas import EventQuerySchema
from oa_api.events.serializers import serialize_event
from oa_api.events.stream import stream_events
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import InvalidError
from oa_api.http.request_parsing import path_id, read_query

STREAM = "text/event-stream"
_RESUME = "Last-Event-ID"


async def get_events(request: web.Request) -> web.StreamResponse:
    """Return the events of jobs, or stream them."""
    return await _respond(request, await read_query(request, EventQuerySchema()))


async def get_events_of_run(request: web.Request) -> web.StreamResponse:
    """Return the events of the jobs of a run, or stream them."""
    event_query, run = await read_query(request, EventQuerySchema()), path_id(request, "run")
    if event_query.run not in (None, run):
        raise InvalidError("run is already given in the path", fields={"run": ["Remove it from the query."]})
    return await _respond(request, replace(event_query, run=run))


async def _respond(request: web.Request, event_query: EventQuery) -> web.StreamResponse:
    event_filter = EventFilter(run=event_query.run, job=event_query.job, kinds=event_query.kind)
    if request.method == hdrs.METH_GET and STREAM in request.headers.get(hdrs.ACCEPT, ""):
        after = _resume_cursor(request) or event_query.after
        return await stream_events(request, request.app[HUB], request.app[DATABASE], event_filter, after=after)
    return await _respond_with_page(request, event_query, event_filter)


async def _respond_with_page(request: web.Request, event_query: EventQuery, event_filter: EventFilter) -> web.Response:
    database, limit, order = request.app[DATABASE], event_query.limit, event_query.order
    end = await feed_end(database)
    after, until = _bounds(event_query)
    events = await read_events(database, event_filter, after=after, until=until, order=order, limit=limit + 1)
    page = events[:limit]
    response = web.json_response({"events": [serialize_event(event) for event in page], "now": str(end)})
    if len(events) > limit:
        # The cursor is that of an event, not of a list's row: list_response does not apply.
        next_url = request.rel_url.update_query(cursor=str(page[-1].id))
        response.headers["Link"] = f'<{next_url}>; rel="next"'
    return response


def _bounds(event_query: EventQuery) -> tuple[Cursor, Cursor]:
    """Return the cursors of a page: after the first, up to and including the second."""
    after, cursor = event_query.after or START, event_query.cursor
    if cursor is None:
        return after, END
    return (max(after, cursor), END) if event_query.order == "asc" else (after, cursor.previous)


def _resume_cursor(request: web.Request) -> Cursor | None:
    text = request.headers.get(_RESUME)
    try:
        return Cursor.parse(text) if text else None
    except InvalidCursorError as error:
        raise InvalidError(error.detail, fields={_RESUME: [error.detail]}) from error
