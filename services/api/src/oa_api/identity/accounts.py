"""Accounts: making, changing and disabling them. The last admin stays one."""

from collections.abc import Mapping
from typing import Any

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_shared.roles import Role

_SQL = load_queries("identity.queries")
# What the audit trail calls those who have no account.
RESERVED = frozenset({"anonymous", "service", "github", "operator"})
_CHANGEABLE = ("email", "github_id", "role")


async def create(
    transaction: Transaction, asked: Mapping[str, Any], *, by: Principal, by_membership: bool = False
) -> int:
    """Make an account of `login`, `email`, `github_id`, `role` and return its number. Raises ConflictError."""
    if asked["login"].lower() in RESERVED:
        raise ConflictError(f"the name {asked['login']} is taken by the service itself")
    values = {**asked, "by_membership": by_membership}
    row = await transaction.first(_SQL["insert_account"], values)
    if row is None:
        await _refuse_doubles(transaction, {**values, "account": None})
        raise ConflictError("another request has just made such an account: look again")
    detail = {name: asked[name] for name in ("login", *_CHANGEABLE)}
    await audit_log.record(transaction, by, action="account.create", subject=f"account/{row['id']}", detail=detail)
    return int(row["id"])


async def change(transaction: Transaction, account: int, asked: Mapping[str, Any], *, by: Principal) -> None:
    """Change what `asked` names of `email`, `github_id`, `role`, `disabled`. Raises NotFoundError, ConflictError."""
    admins = {row["id"] for row in await transaction.all(_SQL["lock_admins"])}
    before = await transaction.first(_SQL["lock_account"], {"account": account})
    if before is None:
        raise NotFoundError(f"there is no account {account}")
    after = {**before, "disabled": before["disabled_at"] is not None, **asked}
    is_admin = after["role"] == Role.ADMIN.label and not after["disabled"]
    if admins == {account} and not is_admin:
        raise ConflictError(f"{before['login']} is the last admin: make another one first")
    await _refuse_doubles(transaction, {**after, "account": account})
    await transaction.execute(_SQL["update_account"], {**after, "account": account})
    if after["disabled"]:
        await forget_credentials(transaction, account)
    detail = {"login": before["login"], **{name: after[name] for name in (*_CHANGEABLE, "disabled") if name in asked}}
    await audit_log.record(transaction, by, action="account.change", subject=f"account/{account}", detail=detail)


async def forget_credentials(transaction: Transaction, account: int) -> None:
    """Revoke everything that an account could come in with, so that nothing of it lives again later."""
    for name in ("delete_tokens_of_account", "delete_sessions_of_account", "delete_links_of_account"):
        await transaction.execute(_SQL[name], {"account": account})


async def by_login(transaction: Transaction, login: str) -> Row:
    """Return the account with a name. Raises NotFoundError."""
    row = await transaction.first(_SQL["account_by_login"], {"login": login})
    if row is None:
        raise NotFoundError(f"there is no account {login!r}")
    return row


async def _refuse_doubles(transaction: Transaction, values: Mapping[str, Any]) -> None:
    taken = await transaction.all(_SQL["conflicting_accounts"], values)
    fields = {
        name: ["Another account has it."] for name in ("login", "email", "github_id") if any(r[name] for r in taken)
    }
    if fields:
        raise ConflictError(f"another account has the same {' and '.join(fields)}", fields=fields)
