"""Fan-out in memory: one reader of the feed for all open streams of the process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog
from aiohttp import web

from oa_api.db.database import Database, Row
from oa_api.events.cursor import Cursor, EventFilter
from oa_api.events.feed_reader import Tail
from oa_api.events.serializers import event_view, sse_frame
from oa_api.events.subscriber import Subscriber
from oa_api.http.errors import BusyError
from oa_api.jobs.serializers import serialize_run
from oa_api.metrics import EVENT_STREAMS, EVENT_STREAMS_CUT

log = structlog.get_logger()


class Hub:
    """Reads the feed while there are subscribers, and gives each what it wants."""

    def __init__(self, database: Database, url: str, *, most_streams: int) -> None:
        self._tail = Tail(database, url, on_events=self._announce, on_runs=self._announce_runs)
        self._most_streams = most_streams
        self._subscribers: set[Subscriber] = set()
        self._is_following = False
        self._switching = asyncio.Lock()
        self._is_closed = False

    @property
    def position(self) -> Cursor:
        """Return the place up to which all has been told."""
        return self._tail.position

    @asynccontextmanager
    async def subscribed(self, interest: EventFilter, *, on_cut: Callable[[], object]) -> AsyncIterator[Subscriber]:
        """Give a subscriber that is told everything after its `after`. Raises BusyError, StoreError."""
        if self._is_closed or len(self._subscribers) >= self._most_streams:
            raise BusyError("there are as many open streams as this server takes")
        await self._start()
        subscriber = Subscriber(interest, after=self.position, on_cut=partial(_cut, on_cut))
        self._subscribers.add(subscriber)
        EVENT_STREAMS.inc()
        try:
            yield subscriber
        finally:
            EVENT_STREAMS.dec()
            self._subscribers.discard(subscriber)
            await self._rest()

    async def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._is_closed = True
        self._end_all()
        await self._rest()

    async def _start(self) -> None:
        async with self._switching:
            if not self._is_following:
                await self._tail.stop()
                await self._tail.start(self._ended)
                self._is_following = True

    async def _rest(self) -> None:
        """Stop reading when nobody listens."""
        async with self._switching:
            if self._subscribers and not self._is_closed:
                return
            self._is_following = False
            await self._tail.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Cut everybody off when the reader failed: who comes back finds it started anew."""
        if task.cancelled() or task.exception() is None:
            return
        log.error("feed_ended", exc_info=task.exception())
        self._is_following = False
        self._end_all()

    def _end_all(self) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber.close()

    def _announce(self, rows: list[Row]) -> None:
        for row in rows:
            at = Cursor.of(row)
            text = sse_frame("job", event_view(row), at=at)
            for subscriber in self._subscribers:
                if at > subscriber.after and subscriber.interest.wants(row):
                    subscriber.push(text)

    def _announce_runs(self, rows: list[Row]) -> None:
        for row in rows:
            text = sse_frame("run", serialize_run(row))
            for subscriber in self._subscribers:
                if subscriber.interest.wants_run(row["id"]):
                    subscriber.push(text)


def _cut(on_cut: Callable[[], object]) -> None:
    EVENT_STREAMS_CUT.inc()
    log.warning("stream_cut_off")
    on_cut()


HUB = web.AppKey("hub", Hub)
