"""API tokens: made for an account, shown once, kept as a digest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, ForbiddenError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.credential import digest, new_api_token
from oa_api.identity.principal import Principal
from oa_shared.roles import Role

MAX_DAYS = 366
MAX_TOKENS = 100
_SQL = load_queries("identity.queries")


async def create(
    transaction: Transaction,
    asked: Mapping[str, Any],
    *,
    account: int,
    by: Principal,
    parent: int | None = None,
) -> tuple[str, Row]:
    """Make a token of `name`, `role` and `days` and return it with its row; it is not shown again.

    A token made with a token, its `parent`, ends no later than that one, and is revoked with it. Raises
    ForbiddenError, NotFoundError, ConflictError.
    """
    owner = await transaction.first(_SQL["lock_account"], {"account": account})
    if owner is None:
        raise NotFoundError(f"there is no account {account}")
    highest = min(by.role, Role.of(owner["role"]))
    if Role.of(asked["role"]) > highest:
        raise ForbiddenError(f"a token of {owner['login']} made here may be {highest.label} at most")
    await _check_room(transaction, owner)
    token = new_api_token()
    values = {**asked, "account": account, "digest": digest(token), "parent": parent}
    values["not_after"] = await _end_of(transaction, parent)
    made = await transaction.first(_SQL["insert_token"], values) or {}
    detail = {"account": owner["login"], "name": asked["name"], "role": asked["role"], "days": asked["days"]}
    await audit_log.record(transaction, by, action="token.create", subject=f"token/{made['id']}", detail=detail)
    return token, await transaction.first(_SQL["token"], {"token": made["id"]}) or {}


async def revoke(transaction: Transaction, token: int, *, by: Principal) -> None:
    """Delete a token and those made with it: one's own, or anybody's as an admin.

    Raises NotFoundError, and ForbiddenError for one that may more than whoever asks.
    """
    row = await transaction.first(_SQL["token"], {"token": token})
    if row is None or not (row["account"] == by.id or by.has_role(Role.ADMIN)):
        raise NotFoundError(f"there is no token {token}")
    if not by.has_role(Role.of(row["role"])):
        raise ForbiddenError(f"token {token} is {row['role']}; a {by.role.label} cannot revoke it")
    await transaction.execute(_SQL["delete_token"], {"token": token})
    detail = {"account": row["login"], "name": row["name"]}
    await audit_log.record(transaction, by, action="token.revoke", subject=f"token/{token}", detail=detail)


async def _end_of(transaction: Transaction, parent: int | None) -> datetime | None:
    """Return when a parent ends, which nobody revokes meanwhile. Raises ForbiddenError if somebody just has."""
    if parent is None:
        return None
    row = await transaction.first(_SQL["lock_token"], {"token": parent})
    if row is None:
        raise ForbiddenError("the token that asks has just been revoked")
    end: datetime = row["expires_at"]
    return end


async def _check_room(transaction: Transaction, owner: Row) -> None:
    if owner["disabled_at"] is not None:
        raise ConflictError(f"{owner['login']} is disabled")
    counted = await transaction.first(_SQL["count_tokens"], {"account": owner["id"], "limit": MAX_TOKENS})
    if counted is not None and counted["tokens"] >= MAX_TOKENS:
        raise ConflictError(f"{owner['login']} has {MAX_TOKENS} tokens: revoke one first")
