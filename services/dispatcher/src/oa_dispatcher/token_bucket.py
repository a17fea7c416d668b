"""A token bucket for SubmitJob, whose rate AWS limits; each throttled call halves the rate, which then recovers."""

import asyncio
import time

from oa_dispatcher.metrics import SUBMIT_RATE

_RECOVERY_S = 30.0
_SLOWEST = 0.5


class TokenBucket:
    """Allows `rate` calls per second, evenly, after a burst of at most one second."""

    def __init__(self, rate: float) -> None:
        self._full_rate = self._rate = rate
        self._tokens = rate
        self._filled_at = time.monotonic()
        self._lock = asyncio.Lock()
        SUBMIT_RATE.set_function(lambda: self.rate)

    @property
    def rate(self) -> float:
        """Return the calls per second that are allowed now."""
        self._refill()
        return self._rate

    async def take(self) -> None:
        """Wait until a call is allowed."""
        async with self._lock:
            self._refill()
            if self._tokens < 1:
                await asyncio.sleep((1 - self._tokens) / self._rate)
                self._refill()
            self._tokens -= 1

    def slow_down(self) -> None:
        """Halve the rate after Batch has throttled a call."""
        self._rate = max(self._rate / 2, _SLOWEST)
        self._tokens = 0.0

    def _refill(self) -> None:
        now = time.monotonic()
        elapsed_s = now - self._filled_at
        self._filled_at = now
        self._rate = min(self._full_rate, self._rate + self._full_rate * elapsed_s / _RECOVERY_S)
        self._tokens = min(max(self._rate, 1.0), self._tokens + elapsed_s * self._rate)
