"""The queue of one open stream, of bounded length."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from oa_api.events.cursor import Cursor
from oa_api.events.event_filter import EventFilter

MAX_WAITING = 2000


class Subscriber:
    """Filled by the hub, emptied by the stream; a client that falls too far behind is disconnected and may resume."""

    __slots__ = ("_filled", "_frames", "_on_overflow", "after", "event_filter", "is_closed")

    def __init__(self, event_filter: EventFilter, *, after: Cursor, on_overflow: Callable[[], object]) -> None:
        self.event_filter = event_filter
        self.after = after
        self.is_closed = False
        self._on_overflow = on_overflow
        self._frames: deque[bytes] = deque()
        self._filled = asyncio.Event()

    def push(self, frame: bytes) -> None:
        """Queue a frame for the stream; close the stream if too many wait."""
        if self.is_closed:
            return
        if len(self._frames) >= MAX_WAITING:
            self.close()
            self._on_overflow()
            return
        self._frames.append(frame)
        self._filled.set()

    def close(self) -> None:
        """End the stream and drop the frames that wait: the client resumes."""
        self.is_closed = True
        self._frames.clear()
        self._filled.set()

    async def take(self, within_s: float) -> bytes:
        """Return all frames that wait; nothing if none arrives within `within_s` seconds, or after the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._filled.wait()
        frames = b"".join(self._frames)
        self._frames.clear()
        if not self.is_closed:
            self._filled.clear()
        return frames
