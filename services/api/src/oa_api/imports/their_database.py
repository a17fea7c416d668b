"""The database of openaddresses/batch, which an import only reads."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from psycopg2.extras import RealDictCursor

from oa_api.db.database import KEEPALIVE
from oa_api.db.driver import Connection, connect
from oa_api.db.error_translation import translate_errors
from oa_api.db.login import DatabaseLogin
from oa_api.db.query_files import load_queries
from oa_api.db.rows import make_rows
from oa_shared.errors import OaError

_SQL = load_queries("imports.their_tables")
_TIMEOUT_S = 3600.0
_Row = TypeVar("_Row")


class ForeignSchemaError(OaError):
    """The database to import from has other tables."""

    code = "import.schema"
    title = "The database is not one of openaddresses/batch."


class TheirDatabase:
    """One read-only connection. All methods raise StoreError and its subclasses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def check_tables(self) -> None:
        """Raise ForeignSchemaError if a table is missing."""
        missing = [str(row["name"]) for row in await self._read("has_tables", {})]
        if missing:
            raise ForeignSchemaError(f"missing {', '.join(missing)}: check the database in --dsn")

    async def count_by_step(self) -> dict[str, int]:
        """Return the number of rows by step."""
        (row,) = await self._read("counts", {})
        return {name: int(str(count)) for name, count in row.items()}

    async def read_page(self, step: str, into: type[_Row], *, after: int, limit: int) -> list[_Row]:
        """Return the rows of a step with the lowest IDs above `after`, ordered by ID."""
        return make_rows(into, await self._read(f"{step}_page", {"after": after, "limit": limit}))

    async def _read(self, name: str, parameters: Mapping[str, object]) -> list[Mapping[str, object]]:
        with translate_errors():
            cursor = await self._connection.cursor(cursor_factory=RealDictCursor, timeout=_TIMEOUT_S)
            try:
                await cursor.execute(_SQL[name], parameters, timeout=_TIMEOUT_S)
                rows: list[Mapping[str, object]] = await cursor.fetchall()
            finally:
                cursor.close()
        return rows


@asynccontextmanager
async def open_their_database(dsn: str) -> AsyncIterator[TheirDatabase]:
    """Connect to a database; a replica is enough. Raises StoreUnavailableError, ForeignSchemaError."""
    with translate_errors():
        connection = await connect(
            DatabaseLogin(dsn),
            application_name="oa-api import",
            options="-c default_transaction_read_only=on -c timezone=UTC -c search_path=public",
            **KEEPALIVE,
        )
    try:
        database = TheirDatabase(connection)
        await database.check_tables()
        yield database
    finally:
        await connection.close()
