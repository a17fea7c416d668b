"""Reading new events: one reader a process, woken by NOTIFY, with polling for when that fails."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from oa_api.db.database import Database
from oa_api.db.errors import StoreUnavailableError
from oa_api.db.notifications import listen
from oa_api.db.query_files import load_queries
from oa_api.events.cursor import END, START
from oa_api.events.event_filter import EventFilter
from oa_api.events.feed import feed_end, read_events
from oa_api.events.rows import EventRow
from oa_api.jobs.queries import list_runs_by_id
from oa_api.jobs.run_rows import RunRow

log = structlog.get_logger()
_SQL = load_queries("events.queries")
_BATCH = 1000
# A pause that lets events of the same moment arrive together.
_COLLECT_S = 0.02
_PENDING_S = 0.1
_POLL_S = 1.0
_RETRY_S = 2.0
_RUNS_EVERY_S = 1.0
_CANCEL_AGAIN_S = 0.2


class FeedReader:
    """Calls `on_events` with new events in order, and `on_runs` with the runs whose counts changed."""

    def __init__(
        self,
        database: Database,
        *,
        on_events: Callable[[list[EventRow]], None],
        on_runs: Callable[[list[RunRow]], None],
    ) -> None:
        self._database = database
        self._on_events, self._on_runs = on_events, on_runs
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._changed_runs: set[int] = set()
        self._runs_sent_at = 0.0
        self.cursor = START

    async def start(self, on_end: Callable[[asyncio.Task[None]], None]) -> None:
        """Start at the present end of the feed; `on_end` gets each task of the reader that ends. Raises StoreError."""
        self.cursor = await feed_end(self._database)
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._read())]
        for task in self._tasks:
            task.add_done_callback(on_end)

    async def stop(self) -> None:
        """Stop reading."""
        for task in self._tasks:
            # wait_for of Python 3.11, which the driver uses, may swallow a cancellation: repeat it until the task ends.
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=_CANCEL_AGAIN_S)
        self._tasks = []

    async def _listen(self) -> None:
        while True:
            try:
                await listen(self._database.login, _SQL["listen"], self._woken.set)
            except StoreUnavailableError as error:
                log.warning("feed_notify_lost", error=error.detail)
            await asyncio.sleep(_RETRY_S)

    async def _read(self) -> None:
        while True:
            try:
                pause_s = await self._read_batch()
            except StoreUnavailableError as error:
                log.warning("feed_read_failed", error=error.detail)
                pause_s = _RETRY_S
            await asyncio.sleep(_COLLECT_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()

    async def _read_batch(self) -> float:
        """Pass on new events, and return for how many seconds, at most, to wait for more."""
        self._woken.clear()
        # Read before the events: what is not pending now is among them, and what comes later wakes the reader.
        is_pending = await self._database.first(_SQL["is_pending"], into=bool)
        events = await read_events(
            self._database, EventFilter(), after=self.cursor, until=END, order="asc", limit=_BATCH
        )
        if events:
            self.cursor = events[-1].id
            self._changed_runs |= {event.run for event in events}
            self._on_events(events)
        await self._send_runs()
        if len(events) == _BATCH:
            return 0
        return _PENDING_S if self._changed_runs or is_pending else _POLL_S

    async def _send_runs(self) -> None:
        """Pass on the counts of the runs that changed, at most once a second."""
        clock_s = asyncio.get_running_loop().time()
        if not self._changed_runs or clock_s - self._runs_sent_at < _RUNS_EVERY_S:
            return
        self._on_runs(await list_runs_by_id(self._database, self._changed_runs))
        self._runs_sent_at, self._changed_runs = clock_s, set()
