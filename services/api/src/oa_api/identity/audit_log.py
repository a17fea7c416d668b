"""The audit log: each entry is written in the transaction of its action, and never changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity.principal import Principal
from oa_shared.json_types import JsonObject

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
    """Add an entry: `action` such as `job.confirm`, `subject` such as `job/12`."""
    values = {"kind": principal.kind, "account": principal.id, "actor": principal.name, "role": principal.role.label}
    values |= {"action": action, "subject": subject, "reason": reason, "detail": json.dumps(detail or {})}
    await transaction.execute(_SQL["insert_entry"], values)


@dataclass(frozen=True, slots=True)
class RecentEntry:
    """An entry of the audit log, as pages of operations list it."""

    created_at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    detail: JsonObject


async def list_recent(database: Database, actions: Sequence[str], *, limit: int) -> list[RecentEntry]:
    """Return the latest entries of some actions, newest first."""
    values = {"actions": list(actions), "limit": limit}
    return await database.all(_SQL["latest_entries"], values, into=RecentEntry)
