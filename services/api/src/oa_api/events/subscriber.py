"""One open stream: what waits to be written to it, within bounds."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from oa_api.events.cursor import Cursor, EventFilter

MOST_WAITING = 2000


class Subscriber:
    """Filled by the hub, emptied by the stream; one that falls too far behind is cut off and may resume."""

    __slots__ = ("_filled", "_on_cut", "_waiting", "after", "interest", "is_closed")

    def __init__(self, interest: EventFilter, *, after: Cursor, on_cut: Callable[[], object]) -> None:
        self.interest = interest
        self.after = after
        self.is_closed = False
        self._on_cut = on_cut
        self._waiting: deque[bytes] = deque()
        self._filled = asyncio.Event()

    def push(self, text: bytes) -> None:
        """Let a text wait for the stream."""
        if self.is_closed:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.close()
            self._on_cut()
            return
        self._waiting.append(text)
        self._filled.set()

    def close(self) -> None:
        """End the stream when it next looks; what waits is dropped, for the client resumes."""
        self.is_closed = True
        self._waiting.clear()
        self._filled.set()

    async def take(self, within_s: float) -> bytes:
        """Return all that waits, or nothing after `within_s` seconds without anything, and after the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._filled.wait()
        text = b"".join(self._waiting)
        self._waiting.clear()
        if not self.is_closed:
            self._filled.clear()
        return text
