"""Authentication: the principal of a request, by the shared secret, an API token, or the cookie of a session.

Each is looked up by its digest, with one query; another one finds out whether a refused token has expired. A wrong
secret or token is refused: a client that presents a credential must not be served anonymously by mistake. Only a read
that is open to everyone ignores an unknown token, and states that (oa_api.identity.authorization). An expired cookie
counts as no cookie.
"""

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import hdrs, web

from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.cross_origin import READS, is_of_another_origin
from oa_api.http.errors import UnauthorizedError
from oa_api.http.headers import SECRET_HEADERS
from oa_api.identity import cookies
from oa_api.identity.credential import IMPORTED_TOKEN_PREFIX, TOKEN_PREFIX, digest
from oa_api.identity.principal import ANONYMOUS, SERVICE, SESSION, TOKEN, Principal
from oa_api.identity.rows import SessionPrincipalRow, TokenPrincipalRow
from oa_shared.roles import Role

_BEARER = "bearer"
_UNKNOWN_TOKEN = "the token is unknown or revoked"  # noqa: S105 - a message
# Stylesheet and scripts are the same for all, and an error page needs them while the database is unavailable.
_PUBLIC_PREFIX = "/static/"
_SQL = load_queries("identity.queries")


@dataclass(frozen=True, slots=True)
class Credential:
    """The token or session of a request by its ID; `secret` is a session's, `expires_at` a token's."""

    id: int
    secret: str = field(default="", repr=False)
    expires_at: datetime | None = None


class SharedSecrets:
    """The valid shared secrets; two while clients change over."""

    def __init__(self, *secrets: str) -> None:
        self._digests = [digest(secret) for secret in secrets if secret]

    def verify(self, secret: str) -> bool:
        """Return whether a secret is valid; the time does not depend on which one matches."""
        secret_digest = digest(secret)
        return sum(hmac.compare_digest(secret_digest, valid) for valid in self._digests) > 0


class UnknownTokenError(UnauthorizedError):
    """The request has a token that is not valid."""


SECRETS = web.AppKey("secrets", SharedSecrets)
CREDENTIAL = web.RequestKey("credential", Credential)


async def authenticate(request: web.Request) -> Principal:
    """Return the principal of a request. Raises UnauthorizedError."""
    secret = next((request.headers[name] for name in SECRET_HEADERS if request.headers.get(name)), "")
    if secret:
        return _authenticate_service(request, secret)
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").strip().partition(" ")
    if scheme.lower() == _BEARER:
        return await _authenticate_token(request, token.strip())
    if request.path.startswith(_PUBLIC_PREFIX):
        return ANONYMOUS
    # Only a page of this site acts for its visitor. What changes something is refused later, with the reason.
    if request.method in READS and is_of_another_origin(request):
        return ANONYMOUS
    session = cookies.read(request, cookies.SESSION)
    return await _authenticate_session(request, session) if session else ANONYMOUS


def _authenticate_service(request: web.Request, secret: str) -> Principal:
    if not request.app[SECRETS].verify(secret):
        raise UnauthorizedError("the shared secret is wrong")
    return SERVICE


async def _authenticate_token(request: web.Request, token: str) -> Principal:
    if not token.startswith((TOKEN_PREFIX, IMPORTED_TOKEN_PREFIX)):
        raise UnknownTokenError(_UNKNOWN_TOKEN)
    values = {"digest": digest(token)}
    row = await request.app[DATABASE].first(_SQL["principal_of_token"], values, into=TokenPrincipalRow)
    if row is None:
        expired_at = await request.app[DATABASE].first(_SQL["expiry_of_token"], values, into=datetime)
        raise UnknownTokenError(_describe_invalid_token(expired_at))
    request[CREDENTIAL] = Credential(row.credential, expires_at=row.expires_at)
    return Principal(TOKEN, row.account, row.login, min(Role.of(row.scope), Role.of(row.role)))


def _describe_invalid_token(expired_at: datetime | None) -> str:
    """Return why a token is not valid; only its holder has it, so the time of its end is not a secret."""
    if expired_at is None:
        return _UNKNOWN_TOKEN
    return f"the token expired on {expired_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: create another on the page /profile"


async def _authenticate_session(request: web.Request, secret: str) -> Principal:
    values = {"digest": digest(secret)}
    row = await request.app[DATABASE].first(_SQL["principal_of_session"], values, into=SessionPrincipalRow)
    if row is None:
        return ANONYMOUS
    request[CREDENTIAL] = Credential(row.credential, secret=secret)
    return Principal(SESSION, row.account, row.login, Role.of(row.role))
