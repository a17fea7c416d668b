"""Deletes orphans: objects of the store that the database does not know."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.jobs.files import RECORD_FILES
from oa_api.retention.rows import KnownAttempt
from oa_api.retention.rules import Rule
from oa_api.retention.stats import DeletionStats
from oa_shared.ids import AttemptKey, parse_attempt_key
from oa_shared.storage import ListedObject, Storage

_SQL = load_queries("retention.queries")
_CHUNK = 1000
_JOBS, _UPLOADS = "job/", "upload/"


async def delete_orphans(
    database: Database, storage: Storage, rule: Rule, *, dry_run: bool, max_objects: int | None = None
) -> tuple[DeletionStats, bool]:
    """Delete old orphans; return how many, and whether all objects were listed.

    Lists at most about `max_objects`. Objects that are not below `job/` or `upload/` belong to others.
    """
    before = datetime.now(UTC) - timedelta(days=rule.keep_days)
    stats, listed_count = DeletionStats(), 0
    for prefix, find_known in ((_JOBS, _known_attempt_keys), (_UPLOADS, _known_upload_keys)):
        async for listed in _chunks(storage, prefix):
            listed_count += len(listed)
            old = [item for item in listed if item.modified_at < before]
            known = await find_known(database, old)
            orphans = [item for item in old if item.key not in known]
            if orphans and not dry_run:
                await storage.delete_many([item.key for item in orphans])
            stats.add(len(orphans), sum(item.size_bytes for item in orphans))
            if max_objects is not None and listed_count >= max_objects:
                return stats, False
    return stats, True


async def _chunks(storage: Storage, prefix: str) -> AsyncIterator[list[ListedObject]]:
    chunk: list[ListedObject] = []
    async for item in storage.list_objects(prefix):
        chunk.append(item)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def _known_attempt_keys(database: Database, items: Sequence[ListedObject]) -> set[str]:
    """Return the keys of files that belong to an existing attempt and are not deleted."""
    files = {item.key: file for item in items if (file := parse_attempt_key(item.key))}
    attempts = sorted({(file.job, file.attempt) for file in files.values()})
    values = {"jobs": [job for job, _ in attempts], "attempts": [attempt for _, attempt in attempts]}
    rows = await database.all(_SQL["known_attempts"], values, into=KnownAttempt) if attempts else []
    deleted_parts = {(row.job_id, row.attempt): frozenset(row.deleted_parts) for row in rows}
    return {key for key, file in files.items() if _is_kept(file, deleted_parts.get((file.job, file.attempt)))}


def _is_kept(file: AttemptKey, deleted_parts: frozenset[str] | None) -> bool:
    """Return whether a file belongs to an attempt (None: to none) and is not among its deleted parts."""
    if deleted_parts is None or "log" in deleted_parts:
        return False
    return "files" not in deleted_parts or file.file in RECORD_FILES


async def _known_upload_keys(database: Database, items: Sequence[ListedObject]) -> set[str]:
    return set(await database.all(_SQL["known_uploads"], {"keys": [item.key for item in items]}, into=str))
