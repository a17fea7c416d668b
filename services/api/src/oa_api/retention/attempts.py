"""The files of attempts: marked in the database, deleted from the store, finished in the database, in this order.

A crash in between leaves marks; the next cleanup begins with them.
"""

from collections.abc import Sequence

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.files import RECORD_FILES
from oa_api.retention.rules import Rule
from oa_shared.fault_points import fault_point
from oa_shared.ids import attempt_prefix
from oa_shared.storage import Storage

_SQL = load_queries("retention.queries")
_AT_ONCE = 500
_FINISHED_AT_ONCE = 100


class DeletionStats:
    """How much there was."""

    def __init__(self) -> None:
        self.count = 0
        self.size_bytes = 0

    def add(self, count: int, size_bytes: int = 0) -> None:
        """Count some more."""
        self.count += count
        self.size_bytes += size_bytes

    def shown(self) -> dict[str, int]:
        """Return the numbers as an answer has them."""
        return {"count": self.count, "size_bytes": self.size_bytes}


async def preview(database: Database, rule: Rule) -> DeletionStats:
    """Return how many attempts a rule would take, and the bytes of their files as far as results tell them."""
    tally = DeletionStats()
    after: Row | None = None
    while rows := await database.all(_SQL[f"deletable_{rule.name}"], _values(rule, after)):
        tally.add(len(rows), sum(row["known_bytes"] for row in rows))
        after = rows[-1]
    return tally


async def mark(database: Database, rule: Rule) -> int:
    """Mark what a rule takes, some hundreds a transaction, and return how many attempts were."""
    marked = 0
    after: Row | None = None
    while rows := await database.all(_SQL[f"deletable_{rule.name}"], _values(rule, after)):
        marked += await _mark_some(database, rule, rows)
        after = rows[-1]
    return marked


async def finish(database: Database, storage: Storage) -> dict[str, DeletionStats]:
    """Delete the objects of all that is marked, and say so; return the sum for each rule."""
    tallies: dict[str, DeletionStats] = {}
    while rows := await database.all(_SQL["unfinished"], {"limit": _FINISHED_AT_ONCE}):
        for row in rows:
            objects, size_bytes = await _delete(storage, row)
            fault_point("cleanup.after_delete")
            values = {"job": row["job_id"], "attempt": row["attempt"], "part": row["part"]}
            await database.execute(_SQL["finish"], {**values, "objects": objects, "size_bytes": size_bytes})
            tallies.setdefault(row["rule"], DeletionStats()).add(1, size_bytes)
    return tallies


async def _mark_some(database: Database, rule: Rule, rows: Sequence[Row]) -> int:
    chosen = {"jobs": [row["job_id"] for row in rows], "attempts": [row["attempt"] for row in rows]}

    async def work(transaction: Transaction) -> int:
        locked = [row["id"] for row in await transaction.all(_SQL["lock_jobs"], chosen)]
        values = {**chosen, "locked": locked, "keep_days": rule.keep_days, "keep_last": rule.keep_last}
        marked = await transaction.execute(_SQL[f"mark_{rule.name}"], values)
        fault_point("cleanup.before_mark")
        return marked

    return await database.run(work)


async def _delete(storage: Storage, row: Row) -> tuple[int, int]:
    prefix = attempt_prefix(row["job_id"], row["attempt"])
    is_whole = row["part"] == "log"
    found = [
        item async for item in storage.list_objects(prefix) if is_whole or item.key[len(prefix) :] not in RECORD_FILES
    ]
    await storage.delete_many([item.key for item in found])
    return len(found), sum(item.size_bytes for item in found)


def _values(rule: Rule, after: Row | None) -> dict[str, int]:
    start = (after["job_id"], after["attempt"]) if after else (0, 0)
    return {
        "keep_days": rule.keep_days,
        "keep_last": rule.keep_last,
        "after_job": start[0],
        "after_attempt": start[1],
        "limit": _AT_ONCE,
    }
