"""Reading the feed: a slice of it, where it ends now, whether a client can go on from where it left off."""

from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries
from oa_api.events.cursor import START, Cursor, EventFilter, span

_SQL = load_queries("events.queries")
MOST_BEHIND = 10_000


async def now(database: Database) -> Cursor:
    """Return the place up to which everything can be read: who reads other tables after this misses no event."""
    row = await database.first(_SQL["horizon"])
    return Cursor(int(row["xmin"]) if row else 0, 0)


async def read(
    database: Database, interest: EventFilter, *, after: Cursor, until: Cursor, order: str, limit: int
) -> list[Row]:
    """Return events between two places, in order or against it."""
    return await database.all(_SQL[f"events_{order}"], span(interest, after=after, until=until, limit=limit))


async def is_resumable(database: Database, after: Cursor, *, until: Cursor) -> bool:
    """Return whether all that followed an event can be told: it is of this database, not too old, not forgotten."""
    horizon = await database.first(_SQL["horizon"])
    if horizon is None or after > (int(horizon["xmax"]), 0):
        return False
    if after >= until:
        return True
    values: dict[str, str | int] = {"most": MOST_BEHIND}
    values |= {"after_xid": str(after.xid), "after_id": after.row, "until_xid": str(until.xid), "until_id": until.row}
    row = await database.first(_SQL["resumable"], values)
    return row is not None and bool(row["is_near"]) and (after == START or bool(row["is_kept"]))
