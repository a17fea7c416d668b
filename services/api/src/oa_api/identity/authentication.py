"""From what a request carries to whoever sent it: the shared secret, a token, or the cookie of a session.

Each is looked up by its digest, with one query. A secret or token that is wrong is refused, whatever the route:
a client that believes to be somebody must not be treated as nobody. A cookie that is no longer good is no cookie.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import hdrs, web

from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import UnauthorizedError
from oa_api.http.headers import SECRET_HEADERS
from oa_api.identity import cookies
from oa_api.identity.credential import TOKEN_PREFIX, digest
from oa_api.identity.principal import ANONYMOUS, SERVICE, SESSION, TOKEN, Principal
from oa_shared.roles import Role

_BEARER = "bearer"
# Style and scripts, which a page needs too when the database, that knows the sessions, is away.
_SAME_FOR_EVERYBODY = "/static/"
_SQL = load_queries("identity.queries")


@dataclass(frozen=True, slots=True)
class Credential:
    """What proved it: a token or a session by its number, with the session's own secret or the token's end."""

    id: int
    secret: str = field(default="", repr=False)
    expires_at: datetime | None = None


class SharedSecrets:
    """The secrets that are valid now; two during a change."""

    def __init__(self, *secrets: str) -> None:
        self._digests = [digest(secret) for secret in secrets if secret]

    def admit(self, given: str) -> bool:
        """Compare in constant time, and with every secret, whichever matches."""
        mine = digest(given)
        return sum(hmac.compare_digest(mine, known) for known in self._digests) > 0


SECRETS = web.AppKey("secrets", SharedSecrets)
CREDENTIAL = web.RequestKey("credential", Credential)


async def authenticate(request: web.Request) -> Principal:
    """Return whoever the request proves to come from. Raises UnauthorizedError."""
    secret = next((request.headers[name] for name in SECRET_HEADERS if request.headers.get(name)), "")
    if secret:
        return _by_secret(request, secret)
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").strip().partition(" ")
    if scheme.lower() == _BEARER:
        return await _by_token(request, token.strip())
    if request.path.startswith(_SAME_FOR_EVERYBODY):
        return ANONYMOUS
    session = cookies.read(request, cookies.SESSION)
    return await _by_session(request, session) if session else ANONYMOUS


def _by_secret(request: web.Request, secret: str) -> Principal:
    if not request.app[SECRETS].admit(secret):
        raise UnauthorizedError("the shared secret is wrong")
    return SERVICE


async def _by_token(request: web.Request, token: str) -> Principal:
    row = await _found(request, "principal_of_token", token) if token.startswith(TOKEN_PREFIX) else None
    if row is None:
        raise UnauthorizedError("the token is unknown, expired or revoked")
    request[CREDENTIAL] = Credential(row["credential"], expires_at=row["expires_at"])
    return Principal(TOKEN, row["account"], row["login"], min(Role.of(row["scope"]), Role.of(row["role"])))


async def _by_session(request: web.Request, secret: str) -> Principal:
    row = await _found(request, "principal_of_session", secret)
    if row is None:
        return ANONYMOUS
    request[CREDENTIAL] = Credential(row["credential"], secret=secret)
    return Principal(SESSION, row["account"], row["login"], Role.of(row["role"]))


async def _found(request: web.Request, statement: str, secret: str) -> Row | None:
    return await request.app[DATABASE].first(_SQL[statement], {"digest": digest(secret)})
