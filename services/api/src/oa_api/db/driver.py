"""aiopg 1.4.0, its last release, without the fault of its waits.

It waits for the server with `asyncio.wait_for`, which in Python 3.11 loses a cancellation that arrives together with
the result: a stopped worker would continue, and a process that ends would wait for it without end. This module replaces
that wait.
"""

import asyncio

import aiopg
from aiopg import Connection, Cursor, Pool

__all__ = ["Connection", "Cursor", "Pool", "connect", "create_pool"]


async def _poll(self: Connection, waiter: "asyncio.Future[None]", timeout: float | None) -> None:  # noqa: ASYNC109 - aiopg's signature
    """Wait for the result of a statement; close the connection if the wait is canceled or takes too long.

    A statement that the server ends raises its own error: aiopg turned it into a cancellation.
    """
    self._ready(self._weakref)
    try:
        async with asyncio.timeout(timeout):
            await waiter
    except (asyncio.CancelledError, TimeoutError):
        self._close()
        raise
    finally:
        self._waiter = None


Connection._poll = _poll  # type: ignore[method-assign] # noqa: SLF001 - aiopg offers no other place
connect, create_pool = aiopg.connect, aiopg.create_pool
