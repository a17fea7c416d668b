"""Acknowledgements: known failures that the overview, the Errors page and the digest mute until a day.

An acknowledgement is of one source and one failure code: when the source fails for another reason, that shows at once.
"""

from oa_api.acknowledgements.requests import AcknowledgementFilter, NewAcknowledgement
from oa_api.acknowledgements.rows import AcknowledgementRow
from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal

_SQL = load_queries("acknowledgements.queries")
MAX_ACTIVE = 1000


async def list_active(database: Database) -> list[AcknowledgementRow]:
    """Return the acknowledgements in force, newest first, at most 1,000."""
    page = await list_acknowledgements(database, AcknowledgementFilter(limit=MAX_ACTIVE))
    return list(page.rows)


async def list_acknowledgements(
    database: Database, acknowledgement_filter: AcknowledgementFilter
) -> Page[AcknowledgementRow]:
    """Return a page of acknowledgements, newest first."""
    limit = acknowledgement_filter.limit
    values = {**as_parameters(acknowledgement_filter), "limit": limit + 1}
    return Page.cut(await database.all(_SQL["acknowledgements"], values, into=AcknowledgementRow), limit)


async def get_acknowledgement(reader: Database | Transaction, acknowledgement: int) -> AcknowledgementRow:
    """Return one acknowledgement. Raises NotFoundError."""
    values = {"acknowledgement": acknowledgement}
    row = await reader.first(_SQL["acknowledgement"], values, into=AcknowledgementRow)
    if row is None:
        raise NotFoundError(f"acknowledgement {acknowledgement} does not exist")
    return row


async def find_acknowledgement(database: Database, source: str, code: str) -> AcknowledgementRow | None:
    """Return the acknowledgement in force for a failure code of a source, None if there is none."""
    return await database.first(_SQL["of_cause"], {"source": source, "code": code}, into=AcknowledgementRow)


async def acknowledge(transaction: Transaction, new: NewAcknowledgement, *, by: Principal) -> AcknowledgementRow:
    """Mute a failure of a source; it replaces an earlier acknowledgement. Raises ConflictError for two at once."""
    values = {**as_parameters(new), "owner": new.owner or by.name, "actor": by.name}
    await transaction.execute(_SQL["end_of_cause"], values)
    acknowledgement = await transaction.first(_SQL["insert"], values, into=int)
    if acknowledgement is None:
        raise ConflictError(f"{new.code} of {new.source} was acknowledged at the same time")
    row = await get_acknowledgement(transaction, acknowledgement)
    detail = {"of": _label(row), "until": row.until.isoformat(), "owner": row.owner}
    await _record(transaction, row, by, action="acknowledgement.create", reason=new.note, detail=detail)
    return row


async def end_acknowledgement(
    transaction: Transaction, acknowledgement: int, *, by: Principal, reason: str = ""
) -> AcknowledgementRow:
    """Show a muted failure again. Raises NotFoundError, and ConflictError when it has ended already."""
    row = await get_acknowledgement(transaction, acknowledgement)
    if not await transaction.execute(_SQL["end"], {"acknowledgement": acknowledgement, "actor": by.name}):
        raise ConflictError(f"acknowledgement {acknowledgement} has ended already")
    await _record(transaction, row, by, action="acknowledgement.end", reason=reason, detail={"of": _label(row)})
    return await get_acknowledgement(transaction, acknowledgement)


def _label(row: AcknowledgementRow) -> str:
    return f"{row.error_code} of {row.source_name}"


async def _record(
    transaction: Transaction,
    row: AcknowledgementRow,
    by: Principal,
    *,
    action: str,
    reason: str,
    detail: dict[str, str],
) -> None:
    subject = f"acknowledgement/{row.id}"
    await audit_log.record(transaction, by, action=action, subject=subject, reason=reason, detail=detail)
