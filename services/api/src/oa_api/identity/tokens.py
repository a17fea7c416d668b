"""API tokens: created for an account, shown once, stored as a digest."""

from datetime import datetime

from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, ForbiddenError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.credential import digest, new_api_token
from oa_api.identity.principal import Principal
from oa_api.identity.requests import NewToken, TokenFilter
from oa_api.identity.rows import AccountRow, TokenRow
from oa_shared.roles import Role

MAX_DAYS = 366
MAX_TOKENS = 100
_SQL = load_queries("identity.queries")


async def list_tokens(database: Database, token_filter: TokenFilter) -> Page[TokenRow]:
    """Return a page of tokens, newest first."""
    values = {"account": token_filter.account, "cursor": token_filter.cursor, "limit": token_filter.limit + 1}
    return Page.cut(await database.all(_SQL["tokens"], values, into=TokenRow), token_filter.limit)


async def create_token(
    transaction: Transaction, new_token: NewToken, *, account_id: int, by: Principal, parent: int | None = None
) -> tuple[str, TokenRow]:
    """Create a token of an account and return it with its row; it cannot be shown again.

    A token created with another one, its `parent`, expires no later than the parent and is revoked with it. Raises
    ForbiddenError, NotFoundError, ConflictError.
    """
    owner = await transaction.first(_SQL["lock_account"], {"account": account_id}, into=AccountRow)
    if owner is None:
        raise NotFoundError(f"account {account_id} does not exist")
    highest = min(by.role, Role.of(owner.role))
    if Role.of(new_token.role) > highest:
        raise ForbiddenError(f"a token for {owner.login} can have role {highest.label} at most")
    await _check_quota(transaction, owner)
    token = new_api_token()
    values = {"account": account_id, "digest": digest(token), "name": new_token.name, "role": new_token.role}
    values |= {"days": new_token.days, "parent": parent, "not_after": await _lock_parent(transaction, parent)}
    token_id = await transaction.first(_SQL["insert_token"], values, into=int)
    row = await _get_token(transaction, token_id or 0)
    detail = {"account": owner.login, "name": new_token.name, "role": new_token.role, "days": new_token.days}
    await audit_log.record(transaction, by, action="token.create", subject=f"token/{token_id}", detail=detail)
    return token, row


async def revoke_token(transaction: Transaction, token_id: int, *, by: Principal) -> None:
    """Delete a token and those created with it: admins may revoke tokens of other accounts.

    Raises NotFoundError, and ForbiddenError for a token with a higher role than the caller's.
    """
    token = await _get_token(transaction, token_id)
    if token.account != by.id and not by.has_role(Role.ADMIN):
        raise NotFoundError(f"token {token_id} does not exist")
    if not by.has_role(Role.of(token.role)):
        raise ForbiddenError(f"token {token_id} has role {token.role}; role {by.role.label} cannot revoke it")
    await transaction.execute(_SQL["delete_token"], {"token": token_id})
    detail = {"account": token.login, "name": token.name}
    await audit_log.record(transaction, by, action="token.revoke", subject=f"token/{token_id}", detail=detail)


async def _get_token(transaction: Transaction, token_id: int) -> TokenRow:
    token = await transaction.first(_SQL["token"], {"token": token_id}, into=TokenRow)
    if token is None:
        raise NotFoundError(f"token {token_id} does not exist")
    return token


async def _lock_parent(transaction: Transaction, parent: int | None) -> datetime | None:
    """Return the expiry time of a parent and keep it from being revoked. Raises ForbiddenError if it just was."""
    if parent is None:
        return None
    expires_at = await transaction.first(_SQL["lock_token"], {"token": parent}, into=datetime)
    if expires_at is None:
        raise ForbiddenError("the token of this request has just been revoked")
    return expires_at


async def _check_quota(transaction: Transaction, owner: AccountRow) -> None:
    if owner.disabled_at is not None:
        raise ConflictError(f"account {owner.login} is disabled")
    count = await transaction.first(_SQL["count_tokens"], {"account": owner.id, "limit": MAX_TOKENS}, into=int)
    if (count or 0) >= MAX_TOKENS:
        raise ConflictError(f"account {owner.login} has {MAX_TOKENS} tokens; revoke one first")
