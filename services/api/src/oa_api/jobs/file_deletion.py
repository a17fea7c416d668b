"""Whether something is still there: asked before a file is offered, and before a result is published."""

from typing import Protocol

from oa_api.db.database import Parameters, Row
from oa_api.db.query_files import load_queries

_SQL = load_queries("jobs.file_deletion")
_WHOLE_ATTEMPT = ("files", "log")


class _Reading(Protocol):
    async def first(self, sql: str, parameters: Parameters | None = None) -> Row | None: ...


async def expired_part(reading: _Reading, *, job: int, attempt: int, log_only: bool = False) -> Row | None:
    """Return since when, and by which rule, the files of an attempt are gone; None while they are kept.

    The log outlives the other files: `log_only` asks for that alone.
    """
    parts = list(_WHOLE_ATTEMPT[1:] if log_only else _WHOLE_ATTEMPT)
    return await reading.first(_SQL["file_deletion"], {"job": job, "attempt": attempt, "parts": parts})
