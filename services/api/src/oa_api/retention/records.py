"""Rows that are forgotten: the history of ended jobs, first answers, uploads that came to nothing."""

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.retention.attempts import DeletionStats
from oa_api.retention.rules import Rule
from oa_shared.storage import Storage

_SQL = load_queries("retention.queries")
_AT_ONCE = 5000
_UPLOADS_AT_ONCE = 200


async def events(database: Database, rule: Rule, *, dry_run: bool) -> DeletionStats:
    """Forget what happened to jobs long ago, oldest first; what tells of a publication stays."""
    tally, after = DeletionStats(), 0
    while True:
        values = {"after": after, "limit": _AT_ONCE, "keep_days": rule.keep_days}
        row = await database.first(_SQL["old_events"], values)
        if row is None or not row["goes_on"]:
            return tally
        if row["old"] and not dry_run:
            await database.execute(_SQL["delete_events"], {"ids": row["old"]})
        tally.add(len(row["old"]))
        after = row["last"]


async def answers(database: Database, rule: Rule, *, dry_run: bool) -> DeletionStats:
    """Forget the first answers to requests with a key."""
    tally = DeletionStats()
    if dry_run:
        row = await database.first(_SQL["old_answers"], {"keep_days": rule.keep_days})
        tally.add(row["answers"] if row else 0)
    else:
        tally.add(await database.execute(_SQL["delete_answers"], {"keep_days": rule.keep_days}))
    return tally


async def uploads(database: Database, storage: Storage, rule: Rule, *, dry_run: bool) -> DeletionStats:
    """Remove uploads that came to nothing: marked, then deleted, then finished."""
    tally = DeletionStats()
    values = {"keep_days": rule.keep_days, "limit": _UPLOADS_AT_ONCE}
    if dry_run:
        rows = await database.all(_SQL["deletable_uploads"], {**values, "limit": 100_000})
        tally.add(len(rows), sum(row["size_bytes"] for row in rows))
        return tally
    while rows := await database.all(_SQL["deletable_uploads"], values):
        await database.execute(_SQL["mark_uploads"], {"ids": [row["id"] for row in rows]})
        tally.add(len(rows), sum(row["size_bytes"] for row in rows))
    while rows := await database.all(_SQL["unfinished_uploads"], {"limit": _UPLOADS_AT_ONCE}):
        await storage.delete_many([row["key"] for row in rows])
        await database.execute(_SQL["finish_uploads"], {"ids": [row["id"] for row in rows]})
    return tally
