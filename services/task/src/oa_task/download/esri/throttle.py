"""How hard a host is asked: a few questions at once, fewer when it slows or fails, more again when it does well."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oa_task.download.limits import DownloadLimits

_SLOWER = 3.0  # times the best average
_SLOW_S = 1.0
_NEWEST_SHARE = 0.3
_FORGETTING = 1.01


class Throttle:
    """Additive increase, multiplicative decrease of the questions in flight, and pauses after failures."""

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
        """Return how many questions may be in flight now."""
        return max(1, int(self._allowed))

    @property
    def failures(self) -> int:
        """Return how many questions in a row failed."""
        return self._failures

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one place in flight, once the host may be asked again."""
        async with self._free:
            await self._free.wait_for(lambda: self._in_flight < self.allowed)
            self._in_flight += 1
        try:
            await self._turn()
            yield
        finally:
            self._in_flight -= 1
            async with self._free:
                self._free.notify_all()

    async def _turn(self) -> None:
        """Wait for the moment before which nobody asks; another failure may have put it off in the meantime."""
        while (wait_s := self._not_before_s - time.monotonic()) > 0:  # noqa: ASYNC110 - a time, not a state
            await asyncio.sleep(wait_s)
        self._not_before_s = time.monotonic() + self._limits.gap_s

    def went_well(self, took_s: float) -> None:
        """Note an answer: one more at once after a round of good ones, fewer when answers take ever longer."""
        self._failures = 0
        self._average_s += _NEWEST_SHARE * (took_s - self._average_s) if self._average_s else took_s
        self._best_s = min(self._best_s * _FORGETTING, self._average_s) if self._best_s else self._average_s
        if self._average_s > _SLOW_S and self._average_s > _SLOWER * self._best_s:
            self._allowed = max(1.0, self._allowed * 0.8)
        else:
            self._allowed = min(float(self._limits.in_flight), self._allowed + 1 / self._allowed)

    def went_badly(self, retry_after_s: float | None) -> None:
        """Note a failure: half as many at once, and a pause, as long as the host asks for if it does."""
        self._failures += 1
        self._allowed = max(1.0, self._allowed / 2)
        pause_s = self._limits.pause_s(self._failures, retry_after_s)
        self._not_before_s = max(self._not_before_s, time.monotonic() + pause_s)
