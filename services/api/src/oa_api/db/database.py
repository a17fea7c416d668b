"""The only module that speaks to aiopg: connections, transactions, retries.

psycopg2's asynchronous mode is always autocommit, so BEGIN and COMMIT are written out. aiopg's pool hands out dead
connections; one that fails on its first statement is closed and another is taken.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar, overload

import aiopg
import psycopg2
from psycopg2.extras import RealDictCursor

from oa_api.db.error_translation import translate_errors
from oa_api.db.errors import StoreConflictError, StoreTimeoutError, StoreUnavailableError, StoreUnknownOutcomeError
from oa_api.db.rows import make_row, make_rows

Row = dict[str, Any]
Parameters = Mapping[str, Any]
_Result = TypeVar("_Result")
_TRIES = 4
_ACQUIRE_S = 10.0
_ANSWER_S = 60.0
# The server's own limits come first, so that a slow statement ends without costing its connection.
_SERVER_LIMITS_MS = {
    "statement_timeout": 30_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 300_000,
}
KEEPALIVE: Mapping[str, Any] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Transaction:
    """Statements of one transaction, in order."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    async def execute(self, sql: str, parameters: Parameters | None = None, *, within_s: float | None = None) -> int:
        """Run a statement and return the number of rows that it touched; `within_s` is for what may take long."""
        await self._cursor.execute(sql, parameters, timeout=within_s)
        return int(self._cursor.rowcount)

    @overload
    async def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]: ...
    @overload
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> list[_Result]: ...
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return every row as an instance of `into`: a dataclass, or the type of the only column."""
        await self._cursor.execute(sql, parameters)
        rows = await self._cursor.fetchall()
        return make_rows(into, rows) if into else [dict(row) for row in rows]

    @overload
    async def first(self, sql: str, parameters: Parameters | None = None) -> Row | None: ...
    @overload
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> _Result | None: ...
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return the first row as an instance of `into`, or None."""
        await self._cursor.execute(sql, parameters)
        row = await self._cursor.fetchone()
        return _typed(into, row)


class Database:
    """A pool of connections. All methods raise StoreError and its children."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, *, connections: int = 10, server_limits_ms: Mapping[str, int] | None = None) -> Self:
        """Connect. Raises StoreUnavailableError."""
        limits = {**_SERVER_LIMITS_MS, **(server_limits_ms or {})}
        with translate_errors():
            pool = await aiopg.create_pool(
                url,
                minsize=1,
                maxsize=connections,
                timeout=_ACQUIRE_S,
                enable_hstore=False,
                enable_json=True,
                enable_uuid=False,
                cursor_factory=RealDictCursor,
                application_name="oa-api",
                options=" ".join(f"-c {name}={value}" for name, value in limits.items()),
                **KEEPALIVE,
            )
        return cls(pool)

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        self._pool.close()
        await self._pool.wait_closed()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin; commit at the end of the block, roll back if it raises.

        Raises StoreUnknownOutcomeError when the connection is lost while it commits.
        """
        with translate_errors():
            async with self._cursor_after("BEGIN") as cursor:
                try:
                    yield Transaction(cursor)
                except BaseException:
                    await _roll_back(cursor)
                    raise
                await _commit(cursor)

    async def run(self, work: Callable[[Transaction], Awaitable[_Result]]) -> _Result:
        """Run `work` in a transaction; again, at most four times in all, when nothing of it can have been kept.

        That is: after a lost conflict, and after a connection that broke before COMMIT was sent.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                async with self.transaction() as transaction:
                    return await work(transaction)
            except (StoreUnknownOutcomeError, StoreTimeoutError):
                raise
            except (StoreConflictError, StoreUnavailableError):
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter
        raise StoreConflictError

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run one statement in a transaction of its own."""
        return await self.run(lambda transaction: transaction.execute(sql, parameters))

    @overload
    async def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]: ...
    @overload
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> list[_Result]: ...
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return every row of one statement that only reads, as instances of `into`."""
        with translate_errors():
            async with self._cursor_after(sql, parameters) as cursor:
                rows = await cursor.fetchall()
        return make_rows(into, rows) if into else [dict(row) for row in rows]

    @overload
    async def first(self, sql: str, parameters: Parameters | None = None) -> Row | None: ...
    @overload
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> _Result | None: ...
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return the first row of one statement that only reads, as an instance of `into`, or None."""
        with translate_errors():
            async with self._cursor_after(sql, parameters) as cursor:
                row = await cursor.fetchone()
        return _typed(into, row)

    @asynccontextmanager
    async def _cursor_after(self, sql: str, parameters: Parameters | None = None) -> AsyncIterator[Any]:
        """Give a cursor on which a first, repeatable statement has been run, and put its connection back.

        The statement is repeated on another connection when this one turns out to be dead.
        """
        for is_last in [False] * self._pool.maxsize + [True]:
            connection = await self._pool.acquire()
            try:
                cursor = await connection.cursor(timeout=_ANSWER_S)
                try:
                    await cursor.execute(sql, parameters)
                except psycopg2.Error:
                    if is_last or not connection.closed:
                        raise
                    continue
                yield cursor
                cursor.close()
                return
            finally:
                await self._pool.release(connection)


def _typed(into: type[Any] | None, row: Any) -> Any:
    if row is None:
        return None
    return make_row(into, row) if into else dict(row)


async def _commit(cursor: Any) -> None:
    try:
        await cursor.execute("COMMIT")
    except (psycopg2.Error, TimeoutError) as error:
        if cursor.connection.closed:
            raise StoreUnknownOutcomeError(str(error).strip()) from error
        raise


async def _roll_back(cursor: Any) -> None:
    """Undo; where even that fails the connection is of no more use."""
    try:
        await cursor.execute("ROLLBACK")
    except (psycopg2.Error, asyncio.CancelledError, TimeoutError, RuntimeError):
        await cursor.connection.close()
