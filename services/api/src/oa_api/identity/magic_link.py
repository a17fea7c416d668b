"""Signing in by a link in an email: anyone can request one, accounts receive one, and it works once.

A request only stores the address, whether known or not, so that neither the response nor its time reveals accounts; the
sign-in mail worker creates the link and sends it. Opening a link shows a button: programs that read email and follow
links do not use it up.
"""

from dataclasses import dataclass

from yarl import URL

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError
from oa_api.identity.credential import digest, new_secret
from oa_api.identity.rows import AccountRow, LinkRow, SignInRequestRow, UsedLinkRow
from oa_api.mail import Mailer

PATH = "/sign-in/link"
_SQL = load_queries("identity.queries")
_SUBJECT = "Sign in to OpenAddresses Batch"
_TEXT = """Hello {login},

This link signs you in to OpenAddresses Batch. It works once, within 15 minutes. Open it in the browser in which you
requested it:

{link}

If you did not request it, you can ignore this email.
"""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """The account that a link signs in, and whether another browser requested it: none requested that of a command."""

    login: str
    is_of_other_browser: bool


@dataclass(frozen=True, slots=True)
class _Delivery:
    email: str
    login: str
    secret: str


async def request_link(database: Database, email: str, *, anonymous_session: str, next_path: str) -> None:
    """Store a request for a link; beyond three in 15 minutes for an address it is ignored."""
    values = {"email": email.strip().lower(), "anonymous_session": digest(anonymous_session), "next": next_path}
    await database.execute(_SQL["insert_sign_in_request"], values)


async def send_next_link(database: Database, mailer: Mailer, *, site: str) -> bool:
    """Send the link of the oldest pending request, if its address has an account; return False if none is pending."""
    request, delivery = await database.run(_claim_request)
    if delivery is not None:
        text = _TEXT.format(login=delivery.login, link=link_url(site, delivery.secret))
        await mailer.send(delivery.email, subject=_SUBJECT, text=text)
    return request is not None


async def create_link(
    transaction: Transaction, account_id: int, *, anonymous_session: bytes | None = None, next_path: str = ""
) -> str:
    """Return the secret of a new link that signs an account in; `anonymous_session` is a digest."""
    secret = new_secret()
    values = {"digest": digest(secret), "account": account_id, "anonymous_session": anonymous_session}
    await transaction.execute(_SQL["insert_link"], {**values, "next": next_path})
    return secret


def link_url(site: str, secret: str) -> str:
    """Return the URL of a link; the secret is in the query, which the log of requests omits."""
    return str(URL(site).with_path(PATH).with_query(token=secret))


async def open_link(database: Database, secret: str, *, anonymous_session: str) -> OpenedLink:
    """Return the account that a link signs in, without using it. Raises ConflictError."""
    link = await database.first(_SQL["link"], {"digest": digest(secret)}, into=LinkRow)
    if link is None:
        raise _used_or_expired()
    is_other = link.anonymous_session is not None and bytes(link.anonymous_session) != digest(anonymous_session)
    return OpenedLink(link.login, is_of_other_browser=is_other)


async def use_link(transaction: Transaction, secret: str) -> UsedLinkRow:
    """Return the account of a link, which is used up. Raises ConflictError."""
    link = await transaction.first(_SQL["use_link"], {"digest": digest(secret)}, into=UsedLinkRow)
    if link is None:
        raise _used_or_expired()
    return link


async def _claim_request(transaction: Transaction) -> tuple[SignInRequestRow | None, _Delivery | None]:
    request = await transaction.first(_SQL["claim_sign_in_request"], into=SignInRequestRow)
    if request is None:
        return None, None
    account = await transaction.first(_SQL["account_by_email"], {"email": request.email}, into=AccountRow)
    if account is None or account.email is None:
        return request, None
    anonymous_session = bytes(request.anonymous_session)
    secret = await create_link(transaction, account.id, anonymous_session=anonymous_session, next_path=request.next)
    return request, _Delivery(account.email, account.login, secret)


def _used_or_expired() -> ConflictError:
    return ConflictError("this link has been used, or is older than 15 minutes; request a new one")
