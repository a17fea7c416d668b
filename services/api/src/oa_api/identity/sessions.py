"""Sessions: opened by a sign-in with a new secret, and ended by their account or after inactivity."""

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.credential import digest, new_secret
from oa_api.identity.principal import SESSION, Principal
from oa_api.identity.rows import AccountRow, SessionRow, UsedLinkRow
from oa_shared.roles import Role

_SQL = load_queries("identity.queries")
_MAX_CLIENT_LENGTH = 60
# In this order: later names also occur in the User-Agent of earlier ones.
_BROWSERS = {"Firefox/": "Firefox", "Edg": "Edge", "OPR/": "Opera", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


async def open_session(
    transaction: Transaction, account: AccountRow | UsedLinkRow, *, user_agent: str, replaces: str, method: str
) -> str:
    """Open a session of an account and return the secret of its cookie.

    `replaces` is the secret of the browser's previous session, which ends; `method` is `link` or `github`.
    """
    if replaces:
        await transaction.execute(_SQL["delete_session_by_digest"], {"digest": digest(replaces)})
    secret = new_secret()
    values = {"account": account.id, "digest": digest(secret), "client": describe_browser(user_agent)}
    await transaction.execute(_SQL["insert_session"], values)
    await transaction.execute(_SQL["record_sign_in"], {"account": account.id})
    principal = Principal(SESSION, account.id, account.login, Role.of(account.role))
    subject, detail = f"account/{account.id}", {"method": method}
    await audit_log.record(transaction, principal, action="session.open", subject=subject, detail=detail)
    return secret


async def list_sessions(database: Database, account_id: int) -> list[SessionRow]:
    """Return the valid sessions of an account, most recently seen first."""
    return await database.all(_SQL["sessions"], {"account": account_id}, into=SessionRow)


async def close_session(database: Database, secret: str, *, by: Principal) -> None:
    """End the session of a cookie."""

    async def work(transaction: Transaction) -> None:
        await transaction.execute(_SQL["delete_session_by_digest"], {"digest": digest(secret)})
        await audit_log.record(transaction, by, action="session.end", subject=f"account/{by.id}")

    await database.run(work)


async def end_session(transaction: Transaction, session_id: int, *, by: Principal) -> None:
    """End a session of the caller. Raises NotFoundError."""
    if not await transaction.execute(_SQL["delete_session"], {"session": session_id, "account": by.id}):
        raise NotFoundError(f"session {session_id} does not exist")
    await audit_log.record(transaction, by, action="session.end", subject=f"account/{by.id}")


async def end_all_sessions(transaction: Transaction, *, by: Principal) -> None:
    """End all sessions of the caller, including the current one."""
    await transaction.execute(_SQL["delete_sessions_of_account"], {"account": by.id})
    await audit_log.record(transaction, by, action="session.end_all", subject=f"account/{by.id}")


def describe_browser(user_agent: str) -> str:
    """Return browser and system of a User-Agent, like `Firefox on Linux`; else the start of the User-Agent."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    plain = "".join(character for character in user_agent if character.isprintable() and character.isascii())
    return " on ".join(filter(None, (browser, system))) or plain[:_MAX_CLIENT_LENGTH]
