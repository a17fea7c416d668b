"""A throttle for the queries to a host: fewer at a time if it slows down or fails, more again if it recovers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oa_task.download.limits import DownloadLimits

_SLOWDOWN = 3.0  # times the best average
_SLOW_S = 1.0
_NEWEST_WEIGHT = 0.3
_BEST_DECAY = 1.01


class Throttle:
    """Additive increase and multiplicative decrease of concurrent queries, and pauses after failures."""

    def __init__(self, limits: DownloadLimits) -> None:
        self._limits = limits
        self._allowed = float(limits.in_flight)
        self._in_flight = 0
        self._free = asyncio.Condition()
        self._not_before_s = 0.0
        self._failures = 0
        self._average_s = self._best_s = 0.0

    @property
    def allowed(self) -> int:
        """Return the number of concurrent queries that are allowed now."""
        return max(1, int(self._allowed))

    @property
    def failures(self) -> int:
        """Return the number of consecutive failures."""
        return self._failures

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a free slot and for the end of a pause, then hold the slot."""
        async with self._free:
            await self._free.wait_for(lambda: self._in_flight < self.allowed)
            self._in_flight += 1
        try:
            await self._wait_for_turn()
            yield
        finally:
            self._in_flight -= 1
            async with self._free:
                self._free.notify_all()

    async def _wait_for_turn(self) -> None:
        """Wait for the end of the pause, which another failure may extend."""
        while (wait_s := self._not_before_s - time.monotonic()) > 0:  # noqa: ASYNC110 - a time, not a state
            await asyncio.sleep(wait_s)
        self._not_before_s = time.monotonic() + self._limits.gap_s

    def record_success(self, took_s: float) -> None:
        """Allow one more query after a round of successes, fewer if responses become slow."""
        self._failures = 0
        self._average_s += _NEWEST_WEIGHT * (took_s - self._average_s) if self._average_s else took_s
        self._best_s = min(self._best_s * _BEST_DECAY, self._average_s) if self._best_s else self._average_s
        if self._average_s > _SLOW_S and self._average_s > _SLOWDOWN * self._best_s:
            self._allowed = max(1.0, self._allowed * 0.8)
        else:
            self._allowed = min(float(self._limits.in_flight), self._allowed + 1 / self._allowed)

    def record_failure(self, retry_after_s: float | None) -> None:
        """Halve the number of queries and start a pause, of the length that the host requests if it does."""
        self._failures += 1
        self._allowed = max(1.0, self._allowed / 2)
        pause_s = self._limits.pause_s(self._failures, retry_after_s)
        self._not_before_s = max(self._not_before_s, time.monotonic() + pause_s)
