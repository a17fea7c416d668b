"""aiopg, kept behind one door: connections, transactions, retries and the translation of errors.

psycopg2's asynchronous mode is always autocommit, so BEGIN and COMMIT are written out; its pool hands out dead
connections, so one that fails on BEGIN is closed and another is taken.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

import aiopg
import psycopg2
from psycopg2 import errorcodes
from psycopg2.extras import RealDictCursor

from oa_api.store.errors import StoreConflictError, StoreError, StoreUnavailableError

Row = dict[str, Any]
Parameters = Mapping[str, Any]
_Result = TypeVar("_Result")
_TRIES = 4
_STATEMENT_TIMEOUT_S = 60.0
_CONFLICTS = frozenset({errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED, errorcodes.LOCK_NOT_AVAILABLE})


class Transaction:
    """Statements of one transaction, in order."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run a statement and return the number of rows that it touched."""
        await self._cursor.execute(sql, parameters)
        return int(self._cursor.rowcount)

    async def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Return every row."""
        await self._cursor.execute(sql, parameters)
        return [dict(row) for row in await self._cursor.fetchall()]

    async def first(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """Return the first row, or None."""
        await self._cursor.execute(sql, parameters)
        row = await self._cursor.fetchone()
        return None if row is None else dict(row)


class Database:
    """A pool of connections. All methods raise StoreError and its children."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, *, connections: int = 10) -> Self:
        """Connect. Raises StoreUnavailableError."""
        with _Translated():
            pool = await aiopg.create_pool(
                url,
                minsize=1,
                maxsize=connections,
                timeout=_STATEMENT_TIMEOUT_S,
                enable_hstore=False,
                enable_json=True,
                enable_uuid=False,
                cursor_factory=RealDictCursor,
                application_name="oa-api",
            )
        return cls(pool)

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        self._pool.close()
        await self._pool.wait_closed()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin; commit at the end of the block, roll back if it raises."""
        with _Translated():
            connection, cursor = await self._begin()
            try:
                yield Transaction(cursor)
                await cursor.execute("COMMIT")
            except BaseException:
                await _roll_back(connection, cursor)
                raise
            finally:
                cursor.close()
                await self._pool.release(connection)

    async def run(self, work: Callable[[Transaction], Awaitable[_Result]]) -> _Result:
        """Run `work` in a transaction, again when it lost a conflict; at most four times."""
        for attempt in range(1, _TRIES + 1):
            try:
                async with self.transaction() as transaction:
                    return await work(transaction)
            except StoreConflictError:
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter
        raise StoreConflictError

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run one statement in a transaction of its own."""
        return await self.run(lambda transaction: transaction.execute(sql, parameters))

    async def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Return every row of one statement."""
        return await self.run(lambda transaction: transaction.all(sql, parameters))

    async def first(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """Return the first row of one statement, or None."""
        return await self.run(lambda transaction: transaction.first(sql, parameters))

    async def _begin(self) -> tuple[Any, Any]:
        while True:
            connection = await self._pool.acquire()
            cursor = await connection.cursor()
            try:
                await cursor.execute("BEGIN")
            except psycopg2.Error:
                is_stale = self._pool.freesize > 0
                cursor.close()
                await connection.close()
                await self._pool.release(connection)
                if not is_stale:
                    raise
            else:
                return connection, cursor


async def _roll_back(connection: Any, cursor: Any) -> None:
    """Undo; where even that fails the connection is of no more use."""
    try:
        await cursor.execute("ROLLBACK")
    except (psycopg2.Error, asyncio.CancelledError, TimeoutError, RuntimeError):
        await connection.close()


class _Translated:
    """Turns the driver's errors into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and not _is_conflict(error):
            raise StoreUnavailableError(str(error).strip()) from error
        if isinstance(error, psycopg2.Error):
            kind = StoreConflictError if _is_conflict(error) else StoreError
            raise kind(str(error).strip()) from error


def _is_conflict(error: psycopg2.Error) -> bool:
    return error.pgcode in _CONFLICTS
