"""Who did what, to what, and why: written in the transaction that does it, never changed."""

import json
from collections.abc import Mapping
from typing import Any

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity.principal import Principal

_SQL = load_queries("identity.audit_log")


async def record(
    transaction: Transaction,
    principal: Principal,
    *,
    action: str,
    subject: str,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down one deed: `action` as `job.confirm`, `subject` as `job/12`."""
    values = {"kind": principal.kind, "account": principal.id, "actor": principal.name, "role": principal.role.label}
    values |= {"action": action, "subject": subject, "reason": reason, "detail": json.dumps(detail or {})}
    await transaction.execute(_SQL["insert_entry"], values)
