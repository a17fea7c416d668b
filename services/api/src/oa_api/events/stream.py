"""Server-sent events: from where the client left off, then live, until it goes or the server stops."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

import structlog
from aiohttp import web

from oa_api.events.feed import is_resumable, read
from oa_api.events.hub import Hub
from oa_api.events.position import Interest, Position
from oa_api.events.subscriber import Subscriber
from oa_api.events.view import KEEP_ALIVE, RETRY, as_sent, bookmark, event_view
from oa_api.representation import run_view
from oa_api.store.database import Database
from oa_api.store.errors import StoreError
from oa_api.store.queries import queries

log = structlog.get_logger()
_READS = queries("reads")
_AT_ONCE = 1000
_KEEP_ALIVE_S = 15.0
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_FORGOTTEN = {"message": "what has happened since that event cannot all be told: load everything anew"}


async def stream(
    request: web.Request, hub: Hub, database: Database, interest: Interest, *, after: Position | None
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


async def _missed(database: Database, subscriber: Subscriber, *, after: Position | None) -> AsyncGenerator[bytes, None]:
    """Give a greeting, then what happened between `after` and the place where the hub goes on by itself."""
    interest, until = subscriber.interest, subscriber.after
    after = until if after is None else after
    # A client that comes from a process which had read further than this one has heard that already.
    subscriber.after = max(after, until)
    if not await is_resumable(database, after, until=until):
        subscriber.after = until
        yield RETRY + as_sent("reset", _FORGOTTEN, at=until) + await _counts(database, interest)
        return
    yield RETRY + bookmark(after) + await _counts(database, interest)
    while after < until:
        rows = await read(database, interest, after=after, until=until, order="asc", limit=_AT_ONCE)
        if rows:
            yield b"".join(as_sent("job", event_view(row), at=Position.of(row)) for row in rows)
        after = Position.of(rows[-1]) if len(rows) == _AT_ONCE else until


async def _counts(database: Database, interest: Interest) -> bytes:
    """Return the counts of the run that is watched, as they are now."""
    if interest.run is None or not interest.wants_run(interest.run):
        return b""
    rows = await database.all(_READS["runs_by_number"], {"runs": [interest.run]})
    return b"".join(as_sent("run", run_view(row)) for row in rows)


async def _live(response: web.StreamResponse, hub: Hub, subscriber: Subscriber) -> None:
    while not subscriber.is_closed:
        text = await subscriber.take(_KEEP_ALIVE_S)
        if not text and not subscriber.is_closed:
            # Nothing waits now, so all up to the hub's place has been sent: a quiet stream stays resumable.
            text = KEEP_ALIVE + bookmark(max(hub.position, subscriber.after))
        if text:
            await response.write(text)
    await response.write_eof()
