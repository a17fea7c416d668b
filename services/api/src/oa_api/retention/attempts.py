"""Deletes the files of attempts: marks them in the database, deletes the objects, then records that, in this order.

A crash in between leaves marks; the next cleanup starts with them.
"""

from collections.abc import Sequence

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.files import RECORD_FILES
from oa_api.retention.rows import DeletableAttempt, MarkedFiles
from oa_api.retention.rules import Rule
from oa_api.retention.stats import DeletionStats
from oa_shared.fault_points import fault_point
from oa_shared.ids import attempt_prefix
from oa_shared.storage import Storage

_SQL = load_queries("retention.queries")
_MARK_BATCH = 500
_FINISH_BATCH = 100


async def preview(database: Database, rule: Rule) -> DeletionStats:
    """Return how many attempts a rule applies to, and the size of their files as far as results state it."""
    stats = DeletionStats()
    after: DeletableAttempt | None = None
    while attempts := await _deletable(database, rule, after):
        stats.add(len(attempts), sum(attempt.known_bytes for attempt in attempts))
        after = attempts[-1]
    return stats


async def mark(database: Database, rule: Rule) -> int:
    """Mark the attempts that a rule applies to, some hundreds a transaction, and return how many."""
    marked = 0
    after: DeletableAttempt | None = None
    while attempts := await _deletable(database, rule, after):
        marked += await _mark_batch(database, rule, attempts)
        after = attempts[-1]
    return marked


async def finish(database: Database, storage: Storage) -> dict[str, DeletionStats]:
    """Delete the objects of all marked files and record that; return the counts by rule."""
    stats: dict[str, DeletionStats] = {}
    while batch := await database.all(_SQL["unfinished"], {"limit": _FINISH_BATCH}, into=MarkedFiles):
        for marked in batch:
            objects, size_bytes = await _delete_objects(storage, marked)
            fault_point("cleanup.after_delete")
            values = {"job": marked.job_id, "attempt": marked.attempt, "part": marked.part}
            await database.execute(_SQL["finish"], {**values, "objects": objects, "size_bytes": size_bytes})
            stats.setdefault(marked.rule, DeletionStats()).add(1, size_bytes)
    return stats


async def _deletable(database: Database, rule: Rule, after: DeletableAttempt | None) -> list[DeletableAttempt]:
    values = {
        "keep_days": rule.keep_days,
        "keep_last": rule.keep_last,
        "after_job": after.job_id if after else 0,
        "after_attempt": after.attempt if after else 0,
        "limit": _MARK_BATCH,
    }
    return await database.all(_SQL[f"deletable_{rule.name}"], values, into=DeletableAttempt)


async def _mark_batch(database: Database, rule: Rule, attempts: Sequence[DeletableAttempt]) -> int:
    ids = {
        "jobs": [attempt.job_id for attempt in attempts],
        "attempts": [attempt.attempt for attempt in attempts],
    }

    async def work(transaction: Transaction) -> int:
        locked = await transaction.all(_SQL["lock_jobs"], ids, into=int)
        values = {**ids, "locked": locked, "keep_days": rule.keep_days, "keep_last": rule.keep_last}
        marked = await transaction.execute(_SQL[f"mark_{rule.name}"], values)
        fault_point("cleanup.before_mark")
        return marked

    return await database.run(work)


async def _delete_objects(storage: Storage, marked: MarkedFiles) -> tuple[int, int]:
    """Delete the objects, and return how many there were and their size."""
    prefix = attempt_prefix(marked.job_id, marked.attempt)
    objects = [
        item
        async for item in storage.list_objects(prefix)
        if marked.part == "log" or item.key[len(prefix) :] not in RECORD_FILES
    ]
    await storage.delete_many([item.key for item in objects])
    return len(objects), sum(item.size_bytes for item in objects)
