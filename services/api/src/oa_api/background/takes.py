"""Counting how often work on an item is started, so that an item that ends its process is abandoned at last.

An error is recorded where it is caught. A process that dies records nothing: the next one would take the same item and
die again. So each take is counted before the work, in its own transaction, and forgotten when the process lets go
of the item, whatever its outcome. A count that remains is of a process that died. The item is then worked on alone, so
that no other is suspected with it, and abandoned after MAX_TAKES, for a week if nothing settles it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

import structlog

from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries

log = structlog.get_logger()
_SQL = load_queries("background.takes")
MAX_TAKES = 5


class TakenKind(StrEnum):
    """The kinds of items; those with their own lease count their takes in their own rows."""

    MESSAGE = "outbox"
    BULK_JOB = "bulk_action_job"
    BATCH_EXIT = "batch_exit"
    OVERDUE_JOB = "overdue_job"


@dataclass(frozen=True, slots=True)
class Taken:
    """The keys to work on now, and those to abandon; any other key waits."""

    now: frozenset[str]
    abandoned: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Takes:
    key: str
    takes: int
    is_recent: bool


@asynccontextmanager
async def take_items(
    database: Database, kind: TakenKind, keys: Sequence[str], *, shared_s: float = 0
) -> AsyncIterator[Taken]:
    """Count a take of items, and forget it at the end of the block. Raises StoreError.

    A caller that holds locks on the items keeps them: the count is written over another connection, to another table.
    Without locks, another process may be at work on items that were taken within `shared_s` seconds: they wait.
    """
    if not keys:
        yield Taken(frozenset(), frozenset())
        return
    values = {"kind": kind, "keys": list(keys), "within_s": shared_s}
    known = await database.all(_SQL["takes_of"], values, into=_Takes)
    takes, others = {row.key: row.takes for row in known}, {row.key for row in known if shared_s and row.is_recent}
    keys = [key for key in keys if key not in others]
    abandoned = frozenset(key for key in keys if takes.get(key, 0) >= MAX_TAKES)
    suspected = [key for key in keys if key in takes and key not in abandoned]
    now = frozenset(suspected[:1] or [key for key in keys if key not in abandoned])
    for key in abandoned:
        log.error("item_abandoned", kind=kind, key=key, takes=takes[key])
    await database.execute(_SQL["count_takes"], {**values, "keys": sorted(now)})
    try:
        yield Taken(now, abandoned)
    except Exception:
        await _forget(database, kind, now)
        raise
    # A process that dies does not come here, nor a worker that is canceled because it hangs.
    await _forget(database, kind, now)


async def delete_old_takes(database: Database) -> None:
    """Forget the takes of items that were not taken for a week."""
    await database.execute(_SQL["delete_old_takes"])


async def _forget(database: Database, kind: TakenKind, keys: frozenset[str]) -> None:
    try:
        await database.execute(_SQL["delete_takes"], {"kind": kind, "keys": sorted(keys)})
    except StoreError as error:
        log.warning("takes_not_forgotten", kind=kind, items=len(keys), error=error.detail)
