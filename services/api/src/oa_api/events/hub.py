"""Fan-out in memory: one reader of the feed for all open streams of the process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import structlog
from aiohttp import web

from oa_api.db.database import Database
from oa_api.events.cursor import Cursor
from oa_api.events.event_filter import EventFilter
from oa_api.events.feed_reader import FeedReader
from oa_api.events.rows import EventRow
from oa_api.events.serializers import serialize_event, sse_frame
from oa_api.events.subscriber import Subscriber
from oa_api.http.errors import BusyError
from oa_api.jobs.run_rows import RunRow
from oa_api.jobs.serializers import serialize_run
from oa_api.metrics import EVENT_STREAMS, EVENT_STREAMS_CUT

log = structlog.get_logger()


class Hub:
    """Reads the feed while there are subscribers, and passes to each the events of its filter."""

    def __init__(self, database: Database, *, max_streams: int, client_streams: int) -> None:
        self._reader = FeedReader(database, on_events=self._push_events, on_runs=self._push_runs)
        self._max_streams, self._client_streams = max_streams, client_streams
        self._streams_by_client: Counter[str] = Counter()
        self._subscribers: set[Subscriber] = set()
        self._is_reading = False
        self._switching = asyncio.Lock()
        self._is_closed = False

    @property
    def cursor(self) -> Cursor:
        """Return the position up to which all events have been passed on."""
        return self._reader.cursor

    @asynccontextmanager
    async def subscribe(
        self, event_filter: EventFilter, *, client: str | None, on_overflow: Callable[[], object]
    ) -> AsyncIterator[Subscriber]:
        """Give a subscriber that receives every event after its `after`. Raises BusyError, StoreError.

        `client` is whom the stream counts for; None has no separate limit.
        """
        if self._is_closed or len(self._subscribers) >= self._max_streams:
            raise BusyError(f"the limit of {self._max_streams} open streams is reached")
        with self._count_stream(client):
            await self._start()
            async with self._add_subscriber(event_filter, on_overflow=on_overflow) as subscriber:
                yield subscriber

    @contextmanager
    def _count_stream(self, client: str | None) -> Iterator[None]:
        """Hold one of the streams of a client. Raises BusyError."""
        if client is None:
            yield
            return
        if self._streams_by_client[client] >= self._client_streams:
            raise BusyError(f"your limit of {self._client_streams} open streams is reached: close one")
        self._streams_by_client[client] += 1
        try:
            yield
        finally:
            self._streams_by_client[client] -= 1
            if not self._streams_by_client[client]:
                del self._streams_by_client[client]

    @asynccontextmanager
    async def _add_subscriber(
        self, event_filter: EventFilter, *, on_overflow: Callable[[], object]
    ) -> AsyncIterator[Subscriber]:
        subscriber = Subscriber(event_filter, after=self.cursor, on_overflow=partial(_disconnect, on_overflow))
        self._subscribers.add(subscriber)
        EVENT_STREAMS.inc()
        try:
            yield subscriber
        finally:
            EVENT_STREAMS.dec()
            self._subscribers.discard(subscriber)
            await self._stop_if_idle()

    async def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._is_closed = True
        self._close_all()
        await self._stop_if_idle()

    async def _start(self) -> None:
        async with self._switching:
            if not self._is_reading:
                await self._reader.stop()
                await self._reader.start(self._on_reader_end)
                self._is_reading = True

    async def _stop_if_idle(self) -> None:
        """Stop reading when there is no subscriber."""
        async with self._switching:
            if self._subscribers and not self._is_closed:
                return
            self._is_reading = False
            await self._reader.stop()

    def _on_reader_end(self, task: asyncio.Task[None]) -> None:
        """Close all streams when the reader fails; the next subscriber starts it again."""
        if task.cancelled() or task.exception() is None:
            return
        log.error("feed_ended", exc_info=task.exception())
        self._is_reading = False
        self._close_all()

    def _close_all(self) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber.close()

    def _push_events(self, events: list[EventRow]) -> None:
        for event in events:
            cursor = event.id
            frame = sse_frame("job", serialize_event(event), cursor=cursor)
            for subscriber in self._subscribers:
                if cursor > subscriber.after and subscriber.event_filter.matches(event):
                    subscriber.push(frame)

    def _push_runs(self, runs: list[RunRow]) -> None:
        for run in runs:
            frame = sse_frame("run", serialize_run(run))
            for subscriber in self._subscribers:
                if subscriber.event_filter.matches_run(run.id):
                    subscriber.push(frame)


def _disconnect(on_overflow: Callable[[], object]) -> None:
    EVENT_STREAMS_CUT.inc()
    log.warning("stream_client_too_slow")
    on_overflow()


HUB = web.AppKey("hub", Hub)
