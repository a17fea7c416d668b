"""Sessions: opened by a sign-in with a secret that never was a cookie before, and ended by the person or by time."""

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.credential import digest, new_secret
from oa_api.identity.principal import SESSION, Principal
from oa_shared.roles import Role

_SQL = load_queries("identity.queries")
_CLIENT_LENGTH = 60
# In this order: the later ones are also in the names of those before them.
_BROWSERS = {"Firefox/": "Firefox", "Edg": "Edge", "OPR/": "Opera", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


async def open_session(transaction: Transaction, account: Row, *, client: str, earlier: str, way: str) -> str:
    """Open a session of an account in place of the browser's `earlier` one, and return the secret of its cookie.

    `client` is what the browser calls itself; `way` is how the person was known: `link` or `github`.
    """
    if earlier:
        await transaction.execute(_SQL["delete_session_by_digest"], {"digest": digest(earlier)})
    secret = new_secret()
    values = {"account": account["id"], "digest": digest(secret), "client": browser_words(client)}
    await transaction.execute(_SQL["insert_session"], values)
    await transaction.execute(_SQL["record_sign_in"], {"account": account["id"]})
    who = Principal(SESSION, account["id"], account["login"], Role.of(account["role"]))
    subject = f"account/{account['id']}"
    await audit_log.record(transaction, who, action="session.open", subject=subject, detail={"way": way})
    return secret


async def close(database: Database, secret: str, *, by: Principal) -> None:
    """End the session that a cookie belongs to."""

    async def work(transaction: Transaction) -> None:
        await transaction.execute(_SQL["delete_session_by_digest"], {"digest": digest(secret)})
        await audit_log.record(transaction, by, action="session.end", subject=f"account/{by.id}")

    await database.run(work)


async def end(transaction: Transaction, session: int, *, by: Principal) -> None:
    """End one of one's own sessions. Raises NotFoundError."""
    if not await transaction.execute(_SQL["delete_session"], {"session": session, "account": by.id}):
        raise NotFoundError(f"there is no session {session}")
    await audit_log.record(transaction, by, action="session.end", subject=f"account/{by.id}")


async def end_all(transaction: Transaction, *, by: Principal) -> None:
    """End all of one's own sessions, this one too."""
    await transaction.execute(_SQL["delete_sessions_of_account"], {"account": by.id})
    await audit_log.record(transaction, by, action="session.end_all", subject=f"account/{by.id}")


def browser_words(client: str) -> str:
    """Return a browser's name for itself as a person knows it; all of them say that they are Mozilla, most Safari."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in client), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in client), "")
    plain = "".join(letter for letter in client if letter.isprintable() and letter.isascii())
    return " on ".join(filter(None, (browser, system))) or plain[:_CLIENT_LENGTH]
