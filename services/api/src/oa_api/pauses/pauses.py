"""Pauses: the relay sets the messages of paused jobs aside until the pause ends.

Messages that are on the jobs queue already, and jobs that run in Batch, continue.
"""

from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.pauses.requests import NewPause, PauseFilter
from oa_api.pauses.rows import PauseNotice, PauseRow, pause_label

_SQL = load_queries("pauses.queries")
_MAX_ACTIVE = 1000
_RELEASE_BATCH = 2000


async def list_active(database: Database, *, limit: int = _MAX_ACTIVE) -> list[PauseRow]:
    """Return the pauses that are in force now, newest first."""
    return await database.all(_SQL["pauses"], {"limit": limit, "cursor": None, "ended": False}, into=PauseRow)


async def list_notices(database: Database) -> list[PauseNotice]:
    """Return the pauses that are in force now, newest first, without their jobs."""
    return await database.all(_SQL["notices"], {"limit": _MAX_ACTIVE}, into=PauseNotice)


async def find_pause_of_job(database: Database, job: int) -> PauseNotice | None:
    """Return the pause that keeps the message of a job back, None without one."""
    return await database.first(_SQL["pause_of_job"], {"job": job}, into=PauseNotice)


async def list_pauses(database: Database, pause_filter: PauseFilter) -> Page[PauseRow]:
    """Return a page of pauses, newest first."""
    values = {"limit": pause_filter.limit + 1, "cursor": pause_filter.cursor, "ended": pause_filter.ended}
    return Page.cut(await database.all(_SQL["pauses"], values, into=PauseRow), pause_filter.limit)


async def get_pause(reader: Database | Transaction, pause_id: int) -> PauseRow:
    """Return one pause. Raises NotFoundError."""
    pause = await reader.first(_SQL["pause"], {"pause": pause_id}, into=PauseRow)
    if pause is None:
        raise NotFoundError(f"pause {pause_id} does not exist")
    return pause


async def start_pause(transaction: Transaction, new_pause: NewPause, *, by: Principal) -> PauseRow:
    """Pause jobs. Raises ConflictError when a pause of this scope and value is in force."""
    await transaction.execute(_SQL["end_expired"])
    values = {**as_parameters(new_pause), "actor": by.name}
    pause_id = await transaction.first(_SQL["insert_pause"], values, into=int)
    if pause_id is None:
        raise ConflictError(f"{pause_label(new_pause.scope, new_pause.value)} is paused already")
    pause = await get_pause(transaction, pause_id)
    detail = {"of": pause.label, "until": pause.until.isoformat() if pause.until else None}
    subject = f"pause/{pause.id}"
    await audit_log.record(
        transaction, by, action="pause.begin", subject=subject, reason=new_pause.reason, detail=detail
    )
    return pause


async def end_pause(transaction: Transaction, pause_id: int, *, by: Principal, reason: str = "") -> PauseRow:
    """End a pause. Raises NotFoundError, and ConflictError when it has ended already."""
    pause = await get_pause(transaction, pause_id)
    if not await transaction.execute(_SQL["end_pause"], {"pause": pause_id, "actor": by.name}):
        raise ConflictError(f"pause {pause_id} has ended already")
    detail = {"of": pause.label}
    await audit_log.record(
        transaction, by, action="pause.end", subject=f"pause/{pause_id}", reason=reason, detail=detail
    )
    return await get_pause(transaction, pause_id)


async def set_aside(transaction: Transaction, message_ids: list[int], pause_ids: list[int]) -> None:
    """Keep each outbox message back until the pause in the same place of `pause_ids` ends."""
    await transaction.execute(_SQL["hold_messages"], {"id": message_ids, "pause": pause_ids})


async def release(database: Database) -> None:
    """Return messages of ended pauses to the relay."""
    await database.execute(_SQL["release_messages"], {"limit": _RELEASE_BATCH})
