"""The blocking detector: measures each callback of the event loop, in production too (about 0.3 microseconds each)."""

import asyncio
import threading
import time
from collections.abc import Callable

import structlog

from oa_shared.metrics import LONGEST_LOOP_BLOCK_S, LOOP_BLOCKS

log = structlog.get_logger()
# Longer callbacks delay every other request and worker noticeably.
BLOCK_S = 0.05
_LOG_EVERY_S = 1.0


class LoopMonitor:
    """Counts the callbacks that block the loop longer than 50 ms, and keeps the longest, in seconds."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.blocks = 0
        self._logged_at = float("-inf")
        self._original: Callable[[asyncio.Handle], None] | None = None

    def install(self) -> None:
        """Measure the callbacks of the loops of this thread until `remove`; other threads may block theirs."""
        self._original = original = asyncio.Handle._run  # noqa: SLF001 - asyncio has no hook
        clock, thread = time.perf_counter, threading.get_ident()

        def run(handle: asyncio.Handle) -> None:
            started = clock()
            original(handle)
            took_s = clock() - started
            if took_s > BLOCK_S and threading.get_ident() == thread:
                self._record(handle, took_s)

        asyncio.Handle._run = run  # type: ignore[method-assign,assignment] # noqa: SLF001 - likewise

    def remove(self) -> None:
        """Stop measuring."""
        if self._original is not None:
            asyncio.Handle._run = self._original  # type: ignore[method-assign,assignment] # noqa: SLF001 - likewise
            self._original = None

    def _record(self, handle: asyncio.Handle, took_s: float) -> None:
        self.blocks += 1
        LOOP_BLOCKS.observe(took_s)
        if took_s > self.longest_s:
            self.longest_s = took_s
            LONGEST_LOOP_BLOCK_S.set(took_s)
        if time.monotonic() - self._logged_at > _LOG_EVERY_S:
            self._logged_at = time.monotonic()
            log.warning("loop_blocked", duration_ms=round(took_s * 1000), callback=_name(handle))


def _name(handle: asyncio.Handle) -> str:
    """Return what ran: the coroutine of a task, or the callback."""
    callback = getattr(handle, "_callback", None)
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return str(getattr(owner.get_coro(), "__qualname__", owner.get_name()))
    return str(getattr(callback, "__qualname__", callback))
