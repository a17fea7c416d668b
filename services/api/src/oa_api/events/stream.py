"""Server-sent events: first those since the client's cursor, then new ones, until client or server stop."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

import structlog
from aiohttp import web

from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.events.cursor import Cursor
from oa_api.events.event_filter import EventFilter
from oa_api.events.feed import is_resumable, read_events
from oa_api.events.hub import Hub
from oa_api.events.serializers import KEEP_ALIVE, RETRY, cursor_comment, serialize_event, sse_frame
from oa_api.events.subscriber import Subscriber
from oa_api.identity.principal import PRINCIPAL
from oa_api.identity.rate_limit import LIMITS
from oa_api.jobs.queries import list_runs_by_id
from oa_api.jobs.serializers import serialize_run

log = structlog.get_logger()
_BATCH = 1000
_KEEP_ALIVE_S = 15.0
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_RESET = {"message": "not all events since that one are available: load everything again"}


async def stream_events(
    request: web.Request, hub: Hub, database: Database, event_filter: EventFilter, *, after: Cursor | None
) -> web.StreamResponse:
    """Stream the events after a cursor, or from now on. Raises BusyError and StoreError before the response begins."""
    client = request.app[LIMITS].client(request, request[PRINCIPAL])
    async with (
        hub.subscribe(event_filter, client=client, on_overflow=partial(_abort, request)) as subscriber,
        aclosing(_missed_frames(database, subscriber, after=after)) as missed,
    ):
        greeting = await anext(missed)
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        try:
            await _write_missed(response, greeting, missed)
            await _write_new(response, hub, subscriber)
        except ConnectionError:
            log.debug("stream_client_left")
        except StoreError as error:
            # The response is partly sent and can only end here; the client resumes.
            log.warning("stream_ended_early", error=error.detail)
    return response


async def _write_missed(response: web.StreamResponse, greeting: bytes, missed: AsyncIterator[bytes]) -> None:
    await response.write(greeting)
    async for frames in missed:
        await response.write(frames)


def _abort(request: web.Request) -> None:
    """Close the connection of a client that does not read what it is sent."""
    if request.transport is not None:
        request.transport.abort()


async def _missed_frames(
    database: Database, subscriber: Subscriber, *, after: Cursor | None
) -> AsyncGenerator[bytes, None]:
    """Give a greeting, then the events between `after` and the position from which the hub sends new ones."""
    event_filter, until = subscriber.event_filter, subscriber.after
    after = until if after is None else after
    # A client that was connected to a process ahead of this one has received those events already.
    subscriber.after = max(after, until)
    if not await is_resumable(database, after, until=until):
        subscriber.after = until
        yield RETRY + sse_frame("reset", _RESET, cursor=until) + await _counts(database, event_filter)
        return
    yield RETRY + cursor_comment(after) + await _counts(database, event_filter)
    while after < until:
        events = await read_events(database, event_filter, after=after, until=until, order="asc", limit=_BATCH)
        if events:
            yield b"".join(sse_frame("job", serialize_event(event), cursor=event.id) for event in events)
        after = events[-1].id if len(events) == _BATCH else until


async def _counts(database: Database, event_filter: EventFilter) -> bytes:
    """Return the present counts of the run of the filter."""
    if event_filter.run is None or not event_filter.matches_run(event_filter.run):
        return b""
    runs = await list_runs_by_id(database, [event_filter.run])
    return b"".join(sse_frame("run", serialize_run(run)) for run in runs)


async def _write_new(response: web.StreamResponse, hub: Hub, subscriber: Subscriber) -> None:
    while not subscriber.is_closed:
        frames = await subscriber.take(_KEEP_ALIVE_S)
        if not frames and not subscriber.is_closed:
            # Nothing waits, so all events up to the cursor of the hub are sent: a quiet stream stays resumable.
            frames = KEEP_ALIVE + cursor_comment(max(hub.cursor, subscriber.after))
        if frames:
            await response.write(frames)
    await response.write_eof()
