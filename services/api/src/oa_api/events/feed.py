"""Reading the feed: a slice of it, where it ends now, whether a client can go on from where it left off."""

from oa_api.events.position import START, Interest, Position, span
from oa_api.store.database import Database, Row
from oa_api.store.queries import queries

_SQL = queries("events")
MOST_BEHIND = 10_000


async def now(database: Database) -> Position:
    """Return the place up to which everything can be read: who reads other tables after this misses no event."""
    row = await database.first(_SQL["horizon"])
    return Position(int(row["xmin"]) if row else 0, 0)


async def read(
    database: Database, interest: Interest, *, after: Position, until: Position, order: str, limit: int
) -> list[Row]:
    """Return events between two places, in order or against it."""
    return await database.all(_SQL[f"events_{order}"], span(interest, after=after, until=until, limit=limit))


async def is_resumable(database: Database, after: Position, *, until: Position) -> bool:
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
