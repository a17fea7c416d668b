"""Following the feed: one reader for a process, woken by NOTIFY, with polling where that fails."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from oa_api.db.database import Database, Row
from oa_api.db.errors import StoreUnavailableError
from oa_api.db.notifications import listen
from oa_api.db.query_files import load_queries
from oa_api.events.cursor import END, START, Cursor, EventFilter
from oa_api.events.feed import now, read

log = structlog.get_logger()
_SQL = load_queries("events.queries")
_READS = load_queries("jobs.reads")
_AT_ONCE = 1000
_TOGETHER_S = 0.02
_PENDING_S = 0.1
_POLL_S = 1.0
_AWAY_S = 2.0
_RUNS_EVERY_S = 1.0
_ASK_AGAIN_S = 0.2


class Tail:
    """Calls `on_events` with the rows after `position` in order, and `on_runs` with runs whose counts changed."""

    def __init__(
        self,
        database: Database,
        url: str,
        *,
        on_events: Callable[[list[Row]], None],
        on_runs: Callable[[list[Row]], None],
    ) -> None:
        self._database, self._url = database, url
        self._on_events, self._on_runs = on_events, on_runs
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._changed: set[int] = set()
        self._runs_told_at = 0.0
        self.position = START

    async def start(self, on_end: Callable[[asyncio.Task[None]], None]) -> None:
        """Stand at the end of what can be read now and follow from there. Raises StoreError."""
        self.position = await now(self._database)
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._read())]
        for task in self._tasks:
            task.add_done_callback(on_end)

    async def stop(self) -> None:
        """End following."""
        for task in self._tasks:
            # wait_for of Python 3.11, which the driver uses, may swallow a cancellation: ask until it is heard.
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=_ASK_AGAIN_S)
        self._tasks = []

    async def _listen(self) -> None:
        while True:
            try:
                await listen(self._url, _SQL["listen"], self._woken.set)
            except StoreUnavailableError as error:
                log.warning("feed_not_heard", error=error.detail)
            await asyncio.sleep(_AWAY_S)

    async def _read(self) -> None:
        while True:
            try:
                pause_s = await self._step()
            except StoreUnavailableError as error:
                log.warning("feed_not_read", error=error.detail)
                pause_s = _AWAY_S
            await asyncio.sleep(_TOGETHER_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()

    async def _step(self) -> float:
        """Tell what is new and return for how many seconds, at most, to wait for more."""
        self._woken.clear()
        # Asked before the rows are read: what was not pending then is among them, and what comes later wakes.
        pending = await self._database.first(_SQL["is_pending"])
        rows = await read(self._database, EventFilter(), after=self.position, until=END, order="asc", limit=_AT_ONCE)
        if rows:
            self.position = Cursor.of(rows[-1])
            self._changed |= {row["run"] for row in rows}
            self._on_events(rows)
        await self._tell_runs()
        if len(rows) == _AT_ONCE:
            return 0
        is_soon = self._changed or (pending and pending["is_pending"])
        return _PENDING_S if is_soon else _POLL_S

    async def _tell_runs(self) -> None:
        """Count the runs that changed, at most once a second."""
        clock_s = asyncio.get_running_loop().time()
        if not self._changed or clock_s - self._runs_told_at < _RUNS_EVERY_S:
            return
        self._on_runs(await self._database.all(_READS["runs_by_number"], {"runs": sorted(self._changed)}))
        self._runs_told_at, self._changed = clock_s, set()
