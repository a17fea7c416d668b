"""Objects that no row knows: found by walking through the store, a thousand keys at a time."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.jobs.files import RECORD_FILES
from oa_api.retention.attempts import DeletionStats
from oa_api.retention.rules import Rule
from oa_shared.storage import ListedObject, Storage

_SQL = load_queries("retention.queries")
_AT_ONCE = 1000
_MAX_ID = 2**63 - 1
_MAX_ATTEMPT = 2**31 - 1
_JOBS, _UPLOADS = "job/", "upload/"
_ATTEMPT_KEY = re.compile(r"job/(?P<job>\d{1,19})/attempt-(?P<attempt>\d{1,10})/(?P<file>.+)")


async def orphans(
    database: Database, storage: Storage, rule: Rule, *, dry_run: bool, most: int | None = None
) -> tuple[DeletionStats, bool]:
    """Remove old objects that no row knows; return how many, and whether all of the store was looked at.

    At most `most` objects are looked at. What is not below `job/` or `upload/` is somebody else's.
    """
    before = datetime.now(UTC) - timedelta(days=rule.keep_days)
    tally, looked = DeletionStats(), 0
    for prefix, known in ((_JOBS, _known_attempts), (_UPLOADS, _known_uploads)):
        async for listed in _chunks(storage, prefix):
            looked += len(listed)
            old = [item for item in listed if item.modified_at < before]
            kept = await known(database, old)
            lost = [item for item in old if item.key not in kept]
            if lost and not dry_run:
                await storage.delete_many([item.key for item in lost])
            tally.add(len(lost), sum(item.size_bytes for item in lost))
            if most is not None and looked >= most:
                return tally, False
    return tally, True


async def _chunks(storage: Storage, prefix: str) -> AsyncIterator[list[ListedObject]]:
    chunk: list[ListedObject] = []
    async for item in storage.list_objects(prefix):
        chunk.append(item)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def _known_attempts(database: Database, items: Sequence[ListedObject]) -> set[str]:
    """Return the keys that belong to an attempt that there is and whose files have not been deleted."""
    places = {item.key: _place(item.key) for item in items}
    asked = sorted({place[:2] for place in places.values() if place})
    values = {"jobs": [job for job, _ in asked], "attempts": [attempt for _, attempt in asked]}
    rows = await database.all(_SQL["known_attempts"], values) if asked else []
    gone = {(row["job_id"], row["attempt"]): frozenset(row["gone"]) for row in rows}
    return {key for key, place in places.items() if place and place[:2] in gone and not _is_gone(place, gone)}


def _place(key: str) -> tuple[int, int, str] | None:
    match = _ATTEMPT_KEY.fullmatch(key)
    if match is None or int(match["job"]) > _MAX_ID or int(match["attempt"]) > _MAX_ATTEMPT:
        return None
    return int(match["job"]), int(match["attempt"]), match["file"]


def _is_gone(place: tuple[int, int, str], gone: dict[tuple[int, int], frozenset[str]]) -> bool:
    parts = gone[place[:2]]
    return "log" in parts or ("files" in parts and place[2] not in RECORD_FILES)


async def _known_uploads(database: Database, items: Sequence[ListedObject]) -> set[str]:
    rows = await database.all(_SQL["known_uploads"], {"keys": [item.key for item in items]})
    return {row["key"] for row in rows}
