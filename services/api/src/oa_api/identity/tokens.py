"""API tokens: made for an account, shown once, kept as a digest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oa_api import audit
from oa_api.errors import ConflictError, ForbiddenError, NotFoundError
from oa_api.identity.credential import digest, new_api_token
from oa_api.identity.principal import Principal
from oa_api.identity.role import Role
from oa_api.store.database import Row, Transaction
from oa_api.store.queries import queries

MAX_DAYS = 366
MAX_TOKENS = 100
_SQL = queries("identity")


async def create(
    transaction: Transaction,
    asked: Mapping[str, Any],
    *,
    account: int,
    by: Principal,
    not_after: datetime | None = None,
) -> tuple[str, Row]:
    """Make a token of `name`, `role` and `days` and return it with its row; it is not shown again.

    A token made with a token ends no later than `not_after`, when that one does. Raises ForbiddenError,
    NotFoundError, ConflictError.
    """
    owner = await transaction.first(_SQL["lock_account"], {"account": account})
    if owner is None:
        raise NotFoundError(f"there is no account {account}")
    highest = min(by.role, Role.of(owner["role"]))
    if Role.of(asked["role"]) > highest:
        raise ForbiddenError(f"a token of {owner['login']} made here may be {highest.word} at most")
    await _check_room(transaction, owner)
    token = new_api_token()
    values = {**asked, "account": account, "digest": digest(token), "not_after": not_after}
    made = await transaction.first(_SQL["insert_token"], values) or {}
    detail = {"account": owner["login"], "name": asked["name"], "role": asked["role"], "days": asked["days"]}
    await audit.record(transaction, by, action="token.create", subject=f"token/{made['id']}", detail=detail)
    return token, await transaction.first(_SQL["token"], {"token": made["id"]}) or {}


async def revoke(transaction: Transaction, token: int, *, by: Principal) -> None:
    """Delete a token: one's own, or anybody's as an admin. Raises NotFoundError."""
    account = None if by.may(Role.ADMIN) else by.id
    gone = await transaction.first(_SQL["delete_token"], {"token": token, "account": account})
    if gone is None:
        raise NotFoundError(f"there is no token {token}")
    await audit.record(transaction, by, action="token.revoke", subject=f"token/{token}", detail=gone)


async def _check_room(transaction: Transaction, owner: Row) -> None:
    if owner["disabled_at"] is not None:
        raise ConflictError(f"{owner['login']} is disabled")
    counted = await transaction.first(_SQL["count_tokens"], {"account": owner["id"], "limit": MAX_TOKENS})
    if counted is not None and counted["tokens"] >= MAX_TOKENS:
        raise ConflictError(f"{owner['login']} has {MAX_TOKENS} tokens: revoke one first")
