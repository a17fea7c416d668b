"""Connections, transactions, retries.

psycopg2's asynchronous mode is always autocommit, so BEGIN and COMMIT are explicit statements. aiopg's pool hands out
dead connections; a connection that fails on its first statement is closed, and another one is used.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar, overload

import psycopg2
from psycopg2.extras import RealDictCursor

from oa_api.db.driver import Cursor, Pool, create_pool
from oa_api.db.error_translation import is_read_only_error, translate_errors
from oa_api.db.errors import (
    StoreConflictError,
    StoreError,
    StoreTimeoutError,
    StoreUnavailableError,
    StoreUnknownOutcomeError,
)
from oa_api.db.login import DatabaseLogin
from oa_api.db.rows import make_row, make_rows
from oa_shared.retrying import retrying
from oa_shared.time_limits import remaining_wait_s

Row = dict[str, Any]
Parameters = Mapping[str, object]
_Result = TypeVar("_Result")
_LONGEST_DELAYS_S = (0.1, 0.2, 0.4)
_ACQUIRE_TIMEOUT_S = 10.0
# The server's limits are shorter, so that a slow statement ends without costing its connection.
_SERVER_LIMITS_MS = {
    "statement_timeout": 30_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 300_000,
    # A statement ends when its client has disconnected.
    "client_connection_check_interval": 2_000,
}
KEEPALIVE: Mapping[str, Any] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Transaction:
    """The statements of one transaction, in order."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    async def execute(self, sql: str, parameters: Parameters | None = None, *, timeout_s: float | None = None) -> int:
        """Run a statement and return the number of rows that it changed; `timeout_s` is for slow statements."""
        await self._cursor.execute(sql, parameters, timeout=remaining_wait_s() if timeout_s is None else timeout_s)
        return self._cursor.rowcount

    @overload
    async def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]: ...
    @overload
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> list[_Result]: ...
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return every row as an instance of `into`: a dataclass, or the type of the only column."""
        await self._cursor.execute(sql, parameters, timeout=remaining_wait_s())
        rows = await self._cursor.fetchall()
        return make_rows(into, rows) if into else [dict(row) for row in rows]

    @overload
    async def first(self, sql: str, parameters: Parameters | None = None) -> Row | None: ...
    @overload
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> _Result | None: ...
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return the first row as an instance of `into`, or None."""
        await self._cursor.execute(sql, parameters, timeout=remaining_wait_s())
        row = await self._cursor.fetchone()
        return _make_optional_row(into, row)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo only what the block wrote if it raises, so that the transaction can continue. Raises StoreError."""
        with translate_errors():
            await self.execute("SAVEPOINT part")
            try:
                yield
            except Exception:
                if not self._cursor.connection.closed:
                    await self.execute("ROLLBACK TO SAVEPOINT part")
                raise
            await self.execute("RELEASE SAVEPOINT part")


class Database:
    """A pool of connections. All methods raise StoreError and its subclasses."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def login(self) -> DatabaseLogin:
        """Return how connections log in, for those outside the pool."""
        return self._pool.login

    @classmethod
    async def open(
        cls,
        login: DatabaseLogin | str,
        *,
        connections: int = 10,
        server_limits_ms: Mapping[str, int] | None = None,
        connects_at_once: bool = True,
    ) -> Self:
        """Connect, now or with the first statement; a URL alone is a login. Raises StoreUnavailableError."""
        login = DatabaseLogin(login) if isinstance(login, str) else login
        limits = {**_SERVER_LIMITS_MS, **(server_limits_ms or {})}
        with translate_errors():
            pool = await create_pool(
                login,
                minsize=1 if connects_at_once else 0,
                maxsize=connections,
                timeout=_ACQUIRE_TIMEOUT_S,
                cursor_factory=RealDictCursor,
                application_name="oa-api",
                # After a fail-over an address may still lead to the former primary, which is read-only.
                target_session_attrs="read-write",
                options=" ".join(f"-c {name}={value}" for name, value in limits.items()),
                **KEEPALIVE,
            )
        return cls(pool)

    async def close(self) -> None:
        """Close all connections; wait for those in use."""
        self._pool.close()
        await self._pool.wait_closed()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin a transaction; commit at the end of the block, roll back if the block raises.

        Raises StoreUnknownOutcomeError when the connection is lost while it commits.
        """
        with translate_errors():
            async with self._cursor_after("BEGIN") as cursor:
                try:
                    yield Transaction(cursor)
                except BaseException as error:
                    await self._roll_back(cursor, error)
                    raise
                await _commit(cursor)

    async def _roll_back(self, cursor: Cursor, error: BaseException) -> None:
        """Roll back; close the connection if that fails, and all idle ones if the server has become read-only."""
        if is_read_only_error(error):
            await cursor.connection.close()
            await self._pool.clear()
            return
        try:
            await cursor.execute("ROLLBACK", timeout=remaining_wait_s())
        except (psycopg2.Error, TimeoutError, RuntimeError):
            await cursor.connection.close()
        except asyncio.CancelledError:
            await cursor.connection.close()
            raise

    async def run(self, work: Callable[[Transaction], Awaitable[_Result]]) -> _Result:
        """Return what `work` returns, run in a transaction: up to four times, while no attempt can have been committed.

        That is after a lost conflict, and after a connection that broke before COMMIT was sent.
        """

        async def attempt() -> _Result:
            async with self.transaction() as transaction:
                return await work(transaction)

        delays_s = (random.uniform(0, longest_s) for longest_s in _LONGEST_DELAYS_S)  # noqa: S311 - jitter
        errors = (StoreConflictError, StoreUnavailableError)
        return await retrying(attempt, delays_s, on=errors, before_retry=_raise_unless_repeatable)

    async def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run one statement in its own transaction and return the number of rows that it changed."""
        return await self.run(lambda transaction: transaction.execute(sql, parameters))

    @overload
    async def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]: ...
    @overload
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> list[_Result]: ...
    async def all(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return every row of one read-only statement, as instances of `into`."""
        with translate_errors():
            async with self._cursor_after(sql, parameters) as cursor:
                rows = await cursor.fetchall()
        return make_rows(into, rows) if into else [dict(row) for row in rows]

    @overload
    async def first(self, sql: str, parameters: Parameters | None = None) -> Row | None: ...
    @overload
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[_Result]) -> _Result | None: ...
    async def first(self, sql: str, parameters: Parameters | None = None, *, into: type[Any] | None = None) -> Any:
        """Return the first row of one read-only statement, as an instance of `into`, or None."""
        with translate_errors():
            async with self._cursor_after(sql, parameters) as cursor:
                row = await cursor.fetchone()
        return _make_optional_row(into, row)

    @asynccontextmanager
    async def _cursor_after(self, sql: str, parameters: Parameters | None = None) -> AsyncIterator[Cursor]:
        """Yield a cursor that has run a first, repeatable statement, then release its connection.

        The statement runs again on another connection if this one is dead.
        """
        max_dead = self._pool.maxsize or 0
        for dead in range(max_dead + 1):
            async with asyncio.timeout(remaining_wait_s(_ACQUIRE_TIMEOUT_S)):
                connection = await self._pool.acquire()
            try:
                cursor = await connection.cursor()
                try:
                    await cursor.execute(sql, parameters, timeout=remaining_wait_s())
                except psycopg2.Error:
                    if dead == max_dead or not connection.closed:
                        raise
                    continue
                yield cursor
                cursor.close()
                return
            finally:
                await self._pool.release(connection)


def _make_optional_row(into: type[Any] | None, row: Mapping[str, object] | None) -> Any:
    if row is None:
        return None
    return make_row(into, row) if into else dict(row)


def _raise_unless_repeatable(error: StoreError, _attempt: int) -> None:
    """Raise the error of an attempt that may have been committed, or that used up the time of a statement."""
    if isinstance(error, StoreUnknownOutcomeError | StoreTimeoutError):
        raise error


async def _commit(cursor: Cursor) -> None:
    try:
        await cursor.execute("COMMIT", timeout=remaining_wait_s())
    except (psycopg2.Error, TimeoutError) as error:
        if cursor.connection.closed:
            raise StoreUnknownOutcomeError(str(error).strip()) from error
        raise
