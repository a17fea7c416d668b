"""Pauses: what operators hold back, by messages that the relay puts aside until the pause is over.

What is on the jobs queue or in Batch already goes on.
"""

from collections.abc import Sequence
from typing import Any

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal

_SQL = load_queries("pauses.queries")
_MOST_ACTIVE = 1000
_RELEASED_AT_ONCE = 2000
SCOPES = ("all", "lane", "source", "host")


def words(pause: Row) -> str:
    """Return what a pause holds back, in words: `all`, `lane weekly`."""
    return f"{pause['scope']} {pause['value']}".strip()


async def active(database: Database) -> list[Row]:
    """Return the pauses that hold something back now, newest first."""
    return await listed(database, limit=_MOST_ACTIVE)


async def listed(database: Database, *, limit: int, cursor: int | None = None, ended: bool = False) -> list[Row]:
    """Return pauses, newest first; those that are over too if wanted."""
    return await database.all(_SQL["pauses"], {"limit": limit, "cursor": cursor, "ended": ended})


async def find(reader: Database | Transaction, pause: int) -> Row:
    """Return one pause. Raises NotFoundError."""
    row = await reader.first(_SQL["pause"], {"pause": pause})
    if row is None:
        raise NotFoundError(f"there is no pause {pause}")
    return row


async def begin(transaction: Transaction, asked: dict[str, Any], *, by: Principal) -> Row:
    """Hold something back. Raises ConflictError when it is held back already."""
    await transaction.execute(_SQL["end_expired"])
    made = await transaction.all(_SQL["insert_pause"], {**asked, "actor": by.name})
    if not made:
        raise ConflictError(f"{words(asked)} is paused already")
    pause = await find(transaction, made[0]["id"])
    detail = {"until": asked["until"].isoformat() if asked["until"] else None}
    subject = f"pause/{pause['id']}"
    await audit_log.record(
        transaction, by, action="pause.begin", subject=subject, why=asked["why"], detail={"of": words(asked), **detail}
    )
    return pause


async def end(transaction: Transaction, pause: int, *, by: Principal, why: str = "") -> Row:
    """Let go on what a pause holds back. Raises NotFoundError, and ConflictError when it is over."""
    row = await find(transaction, pause)
    if not await transaction.execute(_SQL["end_pause"], {"pause": pause, "actor": by.name}):
        raise ConflictError(f"pause {pause} is over already")
    detail = {"of": words(row)}
    await audit_log.record(transaction, by, action="pause.end", subject=f"pause/{pause}", why=why, detail=detail)
    return await find(transaction, pause)


async def hold_back(transaction: Transaction, taken: Sequence[Row]) -> list[Row]:
    """Put aside those messages that a pause holds back, and return the others."""
    held = [row for row in taken if row["paused_by"] is not None]
    if held:
        ids, by = [row["id"] for row in held], [row["paused_by"] for row in held]
        await transaction.execute(_SQL["hold"], {"id": ids, "pause": by})
    return [row for row in taken if row["paused_by"] is None]


async def release(database: Database) -> None:
    """Give back to the relay what pauses held that are over."""
    await database.execute(_SQL["release"], {"limit": _RELEASED_AT_ONCE})
