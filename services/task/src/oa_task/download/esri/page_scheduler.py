"""Runs windows over a layer: several questions at once, features handed on in the order of the windows."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable

import structlog

from oa_task.download.esri.page import EsriPage, PageSize
from oa_task.download.esri.page_ranges import PageRange, PageRanges
from oa_task.download.requests import TransientError
from oa_task.runtime.gather import gather_first_error

log = structlog.get_logger()
_AHEAD = 2  # pages that may wait for an earlier one, for each one in flight
Fetch = Callable[[dict[str, str]], Awaitable[EsriPage]]


class PageScheduler:
    """One pass over one way to ask."""

    def __init__(
        self,
        windows: PageRanges,
        *,
        fetch: Fetch,
        write: Callable[[EsriPage], None],
        page: PageSize,
        in_flight: int,
        tries: int,
    ) -> None:
        self._windows = windows
        self._fetch = fetch
        self._write = write
        self._page = page
        self._in_flight = in_flight
        self._tries = tries
        self._frontier = self._cursor = windows.start
        self._again: list[PageRange] = []
        self._done: dict[int, tuple[int, EsriPage | None]] = {}
        self._open = 0
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Ask for everything. Raises RefusedError or TaskFailure, the first one that any question met."""
        await gather_first_error(*(self._work() for _ in range(self._in_flight)))

    async def _work(self) -> None:
        while (window := await self._next()) is not None:
            await self._do(window)
            async with self._changed:
                self._open -= 1
                self._changed.notify_all()

    async def _next(self) -> PageRange | None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._has_work() or self._is_over())
            if not self._has_work():
                return None
            self._open += 1
            return self._take()

    def _has_work(self) -> bool:
        may_go_on = self._frontier < self._windows.stop and len(self._done) < self._in_flight * _AHEAD
        return bool(self._again) or may_go_on

    def _is_over(self) -> bool:
        return not self._open and not self._again and self._frontier >= self._windows.stop

    def _take(self) -> PageRange:
        if self._again:
            return heapq.heappop(self._again)
        width = self._windows.width(self._page.now)
        window = PageRange(self._frontier, min(self._frontier + width, self._windows.stop))
        self._frontier = window.stop
        return window

    async def _do(self, window: PageRange) -> None:
        try:
            page = await self._fetch(self._windows.parameters(window))
        except TransientError as trouble:
            self._retry(window, trouble)
            return
        rest = self._windows.rest(window, page)
        for missing in rest:
            heapq.heappush(self._again, missing)
        if not rest:
            self._page.worked()
        is_kept = not rest or rest[0].start > window.start
        if rest and rest[0].start < window.stop:
            self._page.shrink(to=len(page.features))
        if is_kept:
            self._done[window.start] = (min([item.start for item in rest] or [window.stop]), page)
            self._hand_on()

    def _hand_on(self) -> None:
        while self._cursor in self._done:
            self._cursor, page = self._done.pop(self._cursor)
            if page is not None:
                self._write(page)

    def _retry(self, window: PageRange, trouble: TransientError) -> None:
        """Ask again, for half as much; for one feature as often as is allowed. Raises TaskFailure."""
        if trouble.failure.code == "upstream.throttled":
            heapq.heappush(self._again, window)
            return
        self._page.shrink()
        pieces = self._windows.pieces(window)
        log.info("page_failed", code=trouble.failure.code, error=trouble.failure.message, pieces=len(pieces))
        if len(pieces) > 1:
            for piece in pieces:
                heapq.heappush(self._again, piece)
            return
        if window.failures + 1 >= self._tries:
            raise trouble.failure
        heapq.heappush(self._again, window.failed())
