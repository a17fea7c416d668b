"""Signing in by a link in a mail: asked for by anybody, sent to those who have an account, good once.

The request only writes down the address, known or not, so that its answer and its time tell nothing; the duty in
`background/sign_in_mail.py` looks, makes the link and sends it. Opening a link shows a button: programs that read
mail and follow links do not use it up.
"""

from dataclasses import dataclass

from yarl import URL

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError
from oa_api.identity.credential import digest, new_secret
from oa_api.mail import Mailer

PATH = "/sign-in/link"
_SQL = load_queries("identity.queries")
_SUBJECT = "Sign in to OpenAddresses Batch"
_TEXT = """Hello {login},

this link signs you in to OpenAddresses Batch. It works once, within 15 minutes, best in the browser in which you
asked for it:

{link}

If you did not ask for it, somebody has typed your address: do nothing, and nothing happens.
"""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """Whom a link signs in, and whether it was asked for in this browser."""

    login: str
    is_same_browser: bool


async def ask(database: Database, email: str, *, visit: str, next_path: str) -> None:
    """Write down that somebody wants a link; beyond three in a quarter of an hour for one address nothing happens."""
    values = {"email": email.strip().lower(), "visit": digest(visit), "next": next_path}
    await database.execute(_SQL["insert_sign_in_request"], values)


async def answer_next(database: Database, mailer: Mailer, *, site: str) -> bool:
    """Send the link of the request that waits longest, if its address has an account; False when none waits."""
    taken = await database.run(_take)
    if taken is None:
        return False
    if "secret" in taken:
        text = _TEXT.format(login=taken["login"], link=address(site, taken["secret"]))
        await mailer.send(taken["email"], subject=_SUBJECT, text=text)
    return True


async def make(transaction: Transaction, account: int, *, visit: bytes | None = None, next_path: str = "") -> str:
    """Return the secret of a new link that signs an account in."""
    secret = new_secret()
    values = {"digest": digest(secret), "account": account, "visit": visit, "next": next_path}
    await transaction.execute(_SQL["insert_link"], values)
    return secret


def address(site: str, secret: str) -> str:
    """Return the link itself; the secret stands in the query, which the log of requests does not have."""
    return str(URL(site).with_path(PATH).with_query(token=secret))


async def look_at(database: Database, secret: str, *, visit: str) -> OpenedLink:
    """Return whom a link would sign in, without using it. Raises ConflictError."""
    row = await database.first(_SQL["link"], {"digest": digest(secret)})
    if row is None:
        raise _used_up()
    return OpenedLink(row["login"], is_same_browser=row["visit"] is not None and bytes(row["visit"]) == digest(visit))


async def use(transaction: Transaction, secret: str) -> Row:
    """Use a link up and return its account, with the `next` page. Raises ConflictError."""
    row = await transaction.first(_SQL["use_link"], {"digest": digest(secret)})
    if row is None:
        raise _used_up()
    return row


async def _take(transaction: Transaction) -> Row | None:
    asked = await transaction.first(_SQL["claim_sign_in_request"])
    if asked is None:
        return None
    account = await transaction.first(_SQL["account_by_email"], asked)
    if account is None:
        return asked
    secret = await make(transaction, account["id"], visit=bytes(asked["visit"]), next_path=asked["next"])
    return {"email": account["email"], "login": account["login"], "secret": secret}


def _used_up() -> ConflictError:
    return ConflictError("this link has been used, or is older than 15 minutes: ask for a new one")
