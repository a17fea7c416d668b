"""Reading the feed: a range of events, its present end, and whether a client can resume at a cursor."""

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.events.cursor import END, START, Cursor
from oa_api.events.event_filter import EventFilter
from oa_api.events.rows import EventRow, Horizon, Resumability

_SQL = load_queries("events.queries")
MAX_BEHIND = 10_000


async def feed_end(database: Database) -> Cursor:
    """Return the end of what can be read now: a client that reads other tables after this misses no event."""
    horizon = await _horizon(database)
    return Cursor(int(horizon.xmin), 0)


async def read_events(
    database: Database, event_filter: EventFilter, *, after: Cursor, until: Cursor, order: str, limit: int
) -> list[EventRow]:
    """Return events after one cursor, up to and including another; `order` is `asc` or `desc`."""
    values = feed_parameters(event_filter, after=after, until=until, limit=limit)
    return await database.all(_SQL[f"events_{order}"], values, into=EventRow)


def feed_parameters(
    event_filter: EventFilter, *, after: Cursor = START, until: Cursor = END, limit: int
) -> dict[str, object]:
    """Return the SQL parameters of a range of events.

    The ends of the feed become NULL: the planner would take either for a bound that few rows are beyond.
    """
    return {
        "after_xid": str(after.xid) if after != START else None,
        "after_id": after.row,
        "until_xid": str(until.xid) if until != END else None,
        "until_id": until.row,
        "run": event_filter.run,
        "job": event_filter.job,
        "kind": sorted(event_filter.kinds) if event_filter.kinds is not None else None,
        "limit": limit,
    }


async def is_resumable(database: Database, after: Cursor, *, until: Cursor) -> bool:
    """Return whether all events after a cursor can be sent: it is of this database, near enough, and kept."""
    horizon = await _horizon(database)
    if after > (int(horizon.xmax), 0):
        return False
    if after >= until:
        return True
    values = {"max_behind": MAX_BEHIND, "after_xid": str(after.xid), "after_id": after.row}
    values |= {"until_xid": str(until.xid), "until_id": until.row}
    row = await database.first(_SQL["resumable"], values, into=Resumability)
    return row is not None and row.is_near and (after == START or row.is_kept)


async def _horizon(database: Database) -> Horizon:
    (horizon,) = await database.all(_SQL["horizon"], into=Horizon)
    return horizon
