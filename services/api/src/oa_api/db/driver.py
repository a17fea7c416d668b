"""aiopg 1.4.0, its last release, without the fault of its waits.

It waits for the server with `asyncio.wait_for`, which in Python 3.11 loses a cancellation that arrives together with
the result: a stopped worker would continue, and a process that ends would wait for it without end. This module replaces
that wait. Its pool keeps its first password; the pool here takes that of the login for each new connection.
"""

import asyncio
from typing import Any

import aiopg
from aiopg import Connection, Cursor

from oa_api.db.login import DatabaseLogin

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


class Pool(aiopg.Pool):
    """A pool whose connections use the password that the server accepts when each is opened."""

    def __init__(self, login: DatabaseLogin, **options: Any) -> None:
        json_only = {"enable_hstore": False, "enable_json": True, "enable_uuid": False}
        super().__init__(login.url, echo=False, on_connect=None, pool_recycle=-1, **json_only, **options)
        self.login = login

    async def _fill_free_pool(self, override_min: bool) -> None:  # noqa: FBT001 - aiopg's signature
        fill = super()._fill_free_pool

        async def attempt(password: str | None) -> None:
            if password is not None:
                self._conn_kwargs["password"] = password
            await fill(override_min)

        await self.login.connect(attempt)
        # A connection may end before it is handed out, which aiopg mistakes for its own error.
        while self._free and self._free[0].closed:
            await self.login.connect(attempt)


async def create_pool(login: DatabaseLogin, **options: Any) -> Pool:
    """Return a pool with its first connections open; `options` are those of aiopg's pool and of libpq."""
    pool = await Pool.from_pool_fill(login, **options)
    assert isinstance(pool, Pool)  # noqa: S101 - aiopg declares the base class
    return pool


async def connect(login: DatabaseLogin, **options: Any) -> Connection:
    """Return a single connection, without a pool."""

    async def attempt(password: str | None) -> Connection:
        secret: dict[str, Any] = {} if password is None else {"password": password}
        return await aiopg.connect(login.url, enable_hstore=False, enable_uuid=False, **secret, **options)

    return await login.connect(attempt)
