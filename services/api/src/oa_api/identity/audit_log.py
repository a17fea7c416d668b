"""The audit log: who did what, to what, and why. Entries are written in the transaction of the action, and stay."""

import json
from collections.abc import Mapping, Sequence

from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.identity.principal import Principal
from oa_api.identity.requests import AuditFilter
from oa_api.identity.rows import AuditEntryRow

_SQL = load_queries("identity.audit_log")


async def record(
    transaction: Transaction,
    principal: Principal,
    *,
    action: str,
    subject: str,
    reason: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add an entry: `action` like `job.confirm`, `subject` like `job/12`."""
    values = {"kind": principal.kind, "account": principal.id, "actor": principal.name, "role": principal.role.label}
    values |= {"action": action, "subject": subject, "reason": reason, "detail": json.dumps(detail or {})}
    await transaction.execute(_SQL["insert_entry"], values)


async def list_entries(database: Database, audit_filter: AuditFilter) -> Page[AuditEntryRow]:
    """Return a page of entries, newest first."""
    values = {**as_parameters(audit_filter), "limit": audit_filter.limit + 1}
    return Page.cut(await database.all(_SQL["entries"], values, into=AuditEntryRow), audit_filter.limit)


async def find_latest(transaction: Transaction, subject: str) -> AuditEntryRow | None:
    """Return the latest entry about a subject, None without one."""
    return await transaction.first(_SQL["latest_of_subject"], {"subject": subject}, into=AuditEntryRow)


async def list_latest(database: Database, actions: Sequence[str], *, limit: int) -> list[AuditEntryRow]:
    """Return the latest entries of some actions, newest first."""
    return await database.all(_SQL["latest_entries"], {"actions": list(actions), "limit": limit}, into=AuditEntryRow)
