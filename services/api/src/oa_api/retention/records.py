"""Deletes old rows: events of ended jobs, stored responses to idempotent requests, trials, incomplete uploads."""

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.retention.rows import DeletedUpload, EventChunk, ExpiredUpload
from oa_api.retention.rules import Rule
from oa_api.retention.stats import DeletionStats
from oa_shared.storage import Storage

_SQL = load_queries("retention.queries")
_EVENT_CHUNK = 5000
_UPLOAD_BATCH = 200
_MAX_PREVIEWED_UPLOADS = 100_000


async def delete_events(database: Database, rule: Rule, *, dry_run: bool) -> DeletionStats:
    """Delete old events of ended jobs, oldest first, except those of publications."""
    stats, after = DeletionStats(), 0
    while True:
        values = {"after": after, "limit": _EVENT_CHUNK, "keep_days": rule.keep_days}
        chunk = await database.first(_SQL["old_events"], values, into=EventChunk)
        if chunk is None or chunk.last is None or not chunk.has_old:
            return stats
        if chunk.deletable and not dry_run:
            await database.execute(_SQL["delete_events"], {"ids": chunk.deletable})
        stats.add(len(chunk.deletable))
        after = chunk.last


async def delete_responses(database: Database, rule: Rule, *, dry_run: bool) -> DeletionStats:
    """Delete stored responses to idempotent requests."""
    values = {"keep_days": rule.keep_days}
    if dry_run:
        return DeletionStats(await database.first(_SQL["count_old_responses"], values, into=int) or 0)
    return DeletionStats(await database.execute(_SQL["delete_responses"], values))


async def delete_trials(database: Database, rule: Rule, *, dry_run: bool) -> DeletionStats:
    """Delete definitions that authors tried; the jobs of the trials stay."""
    values = {"keep_days": rule.keep_days}
    if dry_run:
        return DeletionStats(await database.first(_SQL["count_old_trials"], values, into=int) or 0)
    return DeletionStats(await database.execute(_SQL["delete_trials"], values))


async def delete_uploads(database: Database, storage: Storage, rule: Rule, *, dry_run: bool) -> DeletionStats:
    """Delete uploads that were refused or never completed: mark them, delete the objects, record that."""
    stats = DeletionStats()
    values = {"keep_days": rule.keep_days, "limit": _UPLOAD_BATCH}
    if dry_run:
        limit = {"limit": _MAX_PREVIEWED_UPLOADS}
        expired = await database.all(_SQL["expired_uploads"], {**values, **limit}, into=ExpiredUpload)
        return DeletionStats(len(expired), sum(upload.size_bytes for upload in expired))
    while expired := await database.all(_SQL["expired_uploads"], values, into=ExpiredUpload):
        await database.execute(_SQL["mark_uploads"], {"ids": [upload.id for upload in expired]})
        stats.add(len(expired), sum(upload.size_bytes for upload in expired))
    while marked := await database.all(_SQL["unfinished_uploads"], {"limit": _UPLOAD_BATCH}, into=DeletedUpload):
        await storage.delete_many([upload.key for upload in marked])
        await database.execute(_SQL["finish_uploads"], {"ids": [upload.id for upload in marked]})
    return stats
