"""Accounts: creating, changing and disabling them. The last admin stays an admin."""

from collections.abc import Mapping
from dataclasses import fields

from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.schemas import CursorSlice
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.identity.requests import UNCHANGED, AccountChange, NewAccount
from oa_api.identity.rows import AccountConflictRow, AccountRow
from oa_shared.roles import Role

_SQL = load_queries("identity.queries")
# Names of actors in the audit log that have no account.
RESERVED = frozenset({"anonymous", "service", "github", "operator"})
_CREDENTIAL_DELETIONS = ("delete_tokens_of_account", "delete_sessions_of_account", "delete_links_of_account")


async def list_accounts(database: Database, window: CursorSlice) -> Page[AccountRow]:
    """Return a page of accounts, oldest first."""
    values = {"cursor": window.cursor, "limit": window.limit + 1}
    return Page.cut(await database.all(_SQL["accounts"], values, into=AccountRow), window.limit)


async def get_account(reader: Database | Transaction, account_id: int) -> AccountRow:
    """Return an account. Raises NotFoundError."""
    account = await reader.first(_SQL["account"], {"account": account_id}, into=AccountRow)
    if account is None:
        raise NotFoundError(f"account {account_id} does not exist")
    return account


async def find_account_by_login(transaction: Transaction, login: str) -> AccountRow:
    """Return the account with a login. Raises NotFoundError."""
    account = await transaction.first(_SQL["account_by_login"], {"login": login}, into=AccountRow)
    if account is None:
        raise NotFoundError(f"account {login!r} does not exist")
    return account


async def create_account(
    transaction: Transaction, new_account: NewAccount, *, by: Principal, by_membership: bool = False
) -> int:
    """Create an account and return its ID. Raises ConflictError."""
    if new_account.login.lower() in RESERVED:
        raise ConflictError(f"the name {new_account.login} is reserved for the service")
    values = {**as_parameters(new_account), "by_membership": by_membership}
    account_id = await transaction.first(_SQL["insert_account"], values, into=int)
    if account_id is None:
        await _check_conflicts(transaction, {**values, "account": None})
        raise ConflictError("another request has just created such an account; reload the list")
    detail = as_parameters(new_account)
    await audit_log.record(transaction, by, action="account.create", subject=f"account/{account_id}", detail=detail)
    return account_id


async def change_account(transaction: Transaction, account_id: int, change: AccountChange, *, by: Principal) -> None:
    """Change an account; disabling it revokes its credentials. Raises NotFoundError, ConflictError."""
    admin_ids = await transaction.all(_SQL["lock_admins"], into=int)
    before = await transaction.first(_SQL["lock_account"], {"account": account_id}, into=AccountRow)
    if before is None:
        raise NotFoundError(f"account {account_id} does not exist")
    email = before.email if change.email is UNCHANGED else change.email
    github_id = before.github_id if change.github_id is UNCHANGED else change.github_id
    role = before.role if change.role is UNCHANGED else change.role
    disabled = before.disabled_at is not None if change.disabled is UNCHANGED else change.disabled
    if admin_ids == [account_id] and (role != Role.ADMIN.label or disabled):
        raise ConflictError(f"account {before.login} is the last admin; give another account the role admin first")
    values = {"login": before.login, "email": email, "github_id": github_id, "account": account_id}
    await _check_conflicts(transaction, values)
    await transaction.execute(_SQL["update_account"], {**values, "role": role, "disabled": disabled})
    if disabled:
        await revoke_credentials(transaction, account_id)
    detail = {"login": before.login, **_changed_fields(change)}
    await audit_log.record(transaction, by, action="account.change", subject=f"account/{account_id}", detail=detail)


async def revoke_credentials(transaction: Transaction, account_id: int) -> None:
    """Delete the tokens, sessions and links of an account, so that none is valid if it is enabled again."""
    for name in _CREDENTIAL_DELETIONS:
        await transaction.execute(_SQL[name], {"account": account_id})


def _changed_fields(change: AccountChange) -> dict[str, object]:
    values = {field.name: getattr(change, field.name) for field in fields(change)}
    return {name: value for name, value in values.items() if value is not UNCHANGED}


async def _check_conflicts(transaction: Transaction, values: Mapping[str, object]) -> None:
    rows = await transaction.all(_SQL["conflicting_accounts"], values, into=AccountConflictRow)
    conflicts = {
        "login": any(row.login for row in rows),
        "email": any(row.email for row in rows),
        "github_id": any(row.github_id for row in rows),
    }
    errors = {name: ["Another account has this value."] for name, is_conflict in conflicts.items() if is_conflict}
    if errors:
        raise ConflictError(f"another account has the same {' and '.join(errors)}", fields=errors)
