"""Who may call what: each route names the lowest role, one middleware finds out who calls and compares."""

import hashlib
import hmac
from collections.abc import Mapping

from aiohttp import hdrs, web

from oa_api.errors import ForbiddenError, UnauthorizedError
from oa_api.identity.principal import ANONYMOUS, PRINCIPAL, SERVICE, Principal
from oa_api.identity.role import Role
from oa_api.problem import Handler

HEADERS = ("secret", "shared-secret")


class SharedSecrets:
    """The secrets that are valid now; two during a change."""

    def __init__(self, *secrets: str) -> None:
        self._digests = [_digest(secret) for secret in secrets if secret]

    def admit(self, given: str) -> bool:
        """Compare in constant time, and with every secret, whichever matches."""
        digest = _digest(given)
        return sum(hmac.compare_digest(digest, known) for known in self._digests) > 0


SECRETS = web.AppKey("secrets", SharedSecrets)
ROLES: web.AppKey[Mapping[tuple[str, str], Role]] = web.AppKey("roles", Mapping)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def needed_role(request: web.Request) -> Role:
    """Return the lowest role that may call the matched route; unmatched ones answer 404 to anyone by themselves."""
    resource = request.match_info.route.resource
    if resource is None:
        return Role.ANYONE
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    return request.app[ROLES].get((method, resource.canonical), Role.ADMIN)


def identify(request: web.Request) -> Principal:
    """Return whoever the request proves to come from."""
    given = next((request.headers[name] for name in HEADERS if name in request.headers), "")
    return SERVICE if given and request.app[SECRETS].admit(given) else ANONYMOUS


def is_trusted(request: web.Request) -> bool:
    """Return whether one of our own services asks, which may see what is secret about a job."""
    return request[PRINCIPAL].may(Role.SERVICE)


@web.middleware
async def authorise(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through whoever may call the route. Raises UnauthorizedError, ForbiddenError."""
    request[PRINCIPAL] = principal = identify(request)
    needed = needed_role(request)
    if principal.may(needed):
        return await handler(request)
    if principal is ANONYMOUS:
        raise UnauthorizedError(f"send the shared secret in the header `{HEADERS[0]}`")
    raise ForbiddenError(f"{principal.name} is {principal.role.word}; this takes {needed.word}")
