"""Server-sent events: from where the client left off, then live, until it goes or the server stops."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

import structlog
from aiohttp import web

from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.events.cursor import Cursor, EventFilter
from oa_api.events.feed import is_resumable, read
from oa_api.events.hub import Hub
from oa_api.events.serializers import KEEP_ALIVE, RETRY, cursor_comment, event_view, sse_frame
from oa_api.events.subscriber import Subscriber
from oa_api.jobs.serializers import serialize_run

log = structlog.get_logger()
_READS = load_queries("jobs.reads")
_AT_ONCE = 1000
_KEEP_ALIVE_S = 15.0
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_FORGOTTEN = {"message": "what has happened since that event cannot all be told: load everything anew"}


async def stream(
    request: web.Request, hub: Hub, database: Database, interest: EventFilter, *, after: Cursor | None
) -> web.StreamResponse:
    """Answer with a stream of what comes after an event, or from now on. Raises BusyError, StoreError at its start."""
    async with (
        hub.subscribed(interest, on_cut=partial(_abort, request)) as subscriber,
        aclosing(_missed(database, subscriber, after=after)) as missed,
    ):
        greeting = await anext(missed)
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        try:
            await _tell(response, greeting, missed)
            await _live(response, hub, subscriber)
        except ConnectionError:
            log.debug("stream_gone")
        except StoreError as error:
            # The answer has begun: all that can be said is to end it, and the client resumes.
            log.warning("stream_ended_early", error=error.detail)
    return response


async def _tell(response: web.StreamResponse, greeting: bytes, missed: AsyncIterator[bytes]) -> None:
    await response.write(greeting)
    async for text in missed:
        await response.write(text)


def _abort(request: web.Request) -> None:
    """Break off a client that does not read what it is sent."""
    if request.transport is not None:
        request.transport.abort()


async def _missed(database: Database, subscriber: Subscriber, *, after: Cursor | None) -> AsyncGenerator[bytes, None]:
    """Give a greeting, then what happened between `after` and the place where the hub goes on by itself."""
    interest, until = subscriber.interest, subscriber.after
    after = until if after is None else after
    # A client that comes from a process which had read further than this one has heard that already.
    subscriber.after = max(after, until)
    if not await is_resumable(database, after, until=until):
        subscriber.after = until
        yield RETRY + sse_frame("reset", _FORGOTTEN, at=until) + await _counts(database, interest)
        return
    yield RETRY + cursor_comment(after) + await _counts(database, interest)
    while after < until:
        rows = await read(database, interest, after=after, until=until, order="asc", limit=_AT_ONCE)
        if rows:
            yield b"".join(sse_frame("job", event_view(row), at=Cursor.of(row)) for row in rows)
        after = Cursor.of(rows[-1]) if len(rows) == _AT_ONCE else until


async def _counts(database: Database, interest: EventFilter) -> bytes:
    """Return the counts of the run that is watched, as they are now."""
    if interest.run is None or not interest.wants_run(interest.run):
        return b""
    rows = await database.all(_READS["runs_by_number"], {"runs": [interest.run]})
    return b"".join(sse_frame("run", serialize_run(row)) for row in rows)


async def _live(response: web.StreamResponse, hub: Hub, subscriber: Subscriber) -> None:
    while not subscriber.is_closed:
        text = await subscriber.take(_KEEP_ALIVE_S)
        if not text and not subscriber.is_closed:
            # Nothing waits now, so all up to the hub's place has been sent: a quiet stream stays resumable.
            text = KEEP_ALIVE + cursor_comment(max(hub.position, subscriber.after))
        if text:
            await response.write(text)
    await response.write_eof()
