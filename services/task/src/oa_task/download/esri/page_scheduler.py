"""Scheduling of page ranges over a layer: concurrent queries, with features written in the order of the ranges."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable

import structlog

from oa_task.download.attempts import TransientError
from oa_task.download.esri.page import EsriPage, PageSize
from oa_task.download.esri.page_ranges import PageRange, PagingStrategy
from oa_task.runtime.gather import gather_first_error

log = structlog.get_logger()
_AHEAD = 2  # pages that may wait for an earlier one, per concurrent query
Fetch = Callable[[dict[str, str]], Awaitable[EsriPage]]


class PageScheduler:
    """One pass over a layer with one paging strategy."""

    def __init__(
        self,
        strategy: PagingStrategy,
        *,
        fetch: Fetch,
        write: Callable[[EsriPage], None],
        page: PageSize,
        in_flight: int,
        tries: int,
    ) -> None:
        self._strategy = strategy
        self._fetch = fetch
        self._write = write
        self._page = page
        self._in_flight = in_flight
        self._tries = tries
        self._frontier = self._cursor = strategy.start
        self._to_repeat: list[PageRange] = []
        self._done: dict[int, tuple[int, EsriPage | None]] = {}
        self._open = 0
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Request all ranges. Raises the first EsriRequestError or TaskFailure of any query."""
        await gather_first_error(*(self._work() for _ in range(self._in_flight)))

    async def _work(self) -> None:
        while (page_range := await self._next()) is not None:
            await self._fetch_range(page_range)
            async with self._changed:
                self._open -= 1
                self._changed.notify_all()

    async def _next(self) -> PageRange | None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._has_work() or self._is_over())
            if not self._has_work():
                return None
            page_range = self._next_range()
            self._open += 1
            return page_range

    def _has_work(self) -> bool:
        can_advance = self._frontier < self._strategy.stop and len(self._done) < self._in_flight * _AHEAD
        return self._may_repeat() or can_advance

    def _may_repeat(self) -> bool:
        """Return whether a range is due again; one beyond the announced end waits until all earlier ones are written.

        Otherwise a server that ignores offsets, and repeats its first page, would be read on and on.
        """
        return bool(self._to_repeat) and (self._to_repeat[0].start < self._strategy.stop or not self._open)

    def _is_over(self) -> bool:
        return not self._open and not self._to_repeat and self._frontier >= self._strategy.stop

    def _next_range(self) -> PageRange:
        if self._may_repeat():
            return heapq.heappop(self._to_repeat)
        width = self._strategy.width(self._page.now)
        page_range = PageRange(self._frontier, min(self._frontier + width, self._strategy.stop))
        self._frontier = page_range.stop
        return page_range

    async def _fetch_range(self, page_range: PageRange) -> None:
        try:
            page = await self._fetch(self._strategy.parameters(page_range))
        except TransientError as error:
            self._retry(page_range, error)
            return
        rest = self._strategy.rest(page_range, page)
        for missing in rest:
            heapq.heappush(self._to_repeat, missing)
        if not rest:
            self._page.record_success()
        is_usable = not rest or rest[0].start > page_range.start
        if rest and rest[0].start < page_range.stop:
            self._page.shrink(to=len(page.features))
        if is_usable:
            self._done[page_range.start] = (min([item.start for item in rest] or [page_range.stop]), page)
            self._write_in_order()

    def _write_in_order(self) -> None:
        while self._cursor in self._done:
            self._cursor, page = self._done.pop(self._cursor)
            if page is not None:
                self._write(page)

    def _retry(self, page_range: PageRange, error: TransientError) -> None:
        """Schedule the halves of a range again, or a range of one feature up to the number of attempts.

        Raises TaskFailure after the last attempt.
        """
        if error.failure.code == "upstream.throttled":
            heapq.heappush(self._to_repeat, page_range)
            return
        self._page.shrink()
        pieces = self._strategy.pieces(page_range)
        log.info("page_failed", code=error.failure.code, error=error.failure.message, pieces=len(pieces))
        if len(pieces) > 1:
            for piece in pieces:
                heapq.heappush(self._to_repeat, piece)
            return
        if page_range.failures + 1 >= self._tries:
            raise error.failure
        heapq.heappush(self._to_repeat, page_range.with_failure())
