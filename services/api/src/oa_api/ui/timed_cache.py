"""What a page shows to everybody and need not be new to the second."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Remembered(Generic[_Value]):
    """A value that is made anew when it is asked for and older than `for_s`; by one of those who ask at a time."""

    def __init__(self, make: Callable[[], Awaitable[_Value]], for_s: float) -> None:
        self._make, self._for_s = make, for_s
        self._made: tuple[float, _Value] | None = None
        self._making = asyncio.Lock()

    async def get(self) -> _Value:
        """Return it. Raises what making it raises; then it is made by the next one who asks."""
        async with self._making:
            if self._made is None or time.monotonic() - self._made[0] > self._for_s:
                self._made = (time.monotonic(), await self._make())
            return self._made[1]
