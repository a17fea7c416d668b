"""A value that is the same for all users and may be some seconds old."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class TimedCache(Generic[_Value]):
    """Computes a value when it is requested and older than `max_age_s`, once for concurrent requests."""

    def __init__(self, compute: Callable[[], Awaitable[_Value]], max_age_s: float) -> None:
        self._compute, self._max_age_s = compute, max_age_s
        self._cached: tuple[float, _Value] | None = None
        self._lock = asyncio.Lock()

    async def get(self) -> _Value:
        """Return the value. Raises what its computation raises; the next request then computes it."""
        async with self._lock:
            if self._cached is None or time.monotonic() - self._cached[0] > self._max_age_s:
                value = await self._compute()
                # Its age counts from here, so that a computation longer than it is not repeated for each waiter.
                self._cached = (time.monotonic(), value)
            return self._cached[1]
