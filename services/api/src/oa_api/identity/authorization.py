"""Who may call what: each route names the lowest role, one middleware finds out who calls and compares."""

from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import hdrs, web

from oa_api.http.errors import ForbiddenError, UnauthorizedError
from oa_api.http.problem import Handler
from oa_api.identity import csrf
from oa_api.identity.authentication import authenticate
from oa_api.identity.principal import ANONYMOUS, PRINCIPAL, SESSION, Principal
from oa_api.identity.rate_limit import enforce_rate_limit
from oa_api.identity.safe_redirect import safe_redirect
from oa_shared.roles import Role

ROLES: web.AppKey[Mapping[tuple[str, str], Role]] = web.AppKey("roles", Mapping)
SIGN_IN = "/sign-in"


def needed_role(request: web.Request) -> Role:
    """Return the lowest role that may call the matched route; unmatched ones answer 404 to anyone by themselves."""
    resource = request.match_info.route.resource
    if resource is None:
        return Role.ANYONE
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    return request.app[ROLES].get((method, resource.canonical), Role.ADMIN)


def is_trusted(request: web.Request) -> bool:
    """Return whether one of our own services asks, which may see what is secret about a job."""
    return request[PRINCIPAL].has_role(Role.SERVICE)


@web.middleware
async def authorize(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through whoever may call the route. Raises UnauthorizedError, ForbiddenError, TooManyRequestsError.

    A browser sends its cookie by itself, whoever makes it send a request: what changes something by it must come from
    a page of ours.
    """
    request[PRINCIPAL] = principal = await _identified(request)
    needed = needed_role(request)
    if not principal.has_role(needed):
        if principal is ANONYMOUS:
            raise _to_sign_in(request) if _is_for_a_page(request) else UnauthorizedError(_HOW)
        raise ForbiddenError(f"{principal.name} is {principal.role.label}; this takes {needed.label}")
    if principal.kind == SESSION and request.method not in csrf.SAFE_METHODS:
        await csrf.check(request)
    return await handler(request)


async def _identified(request: web.Request) -> Principal:
    """Find out who calls, and count the request; one who claims to be somebody, wrongly, counts as anybody."""
    try:
        principal = await authenticate(request)
    except UnauthorizedError:
        enforce_rate_limit(request, ANONYMOUS)
        raise
    enforce_rate_limit(request, principal)
    return principal


_HOW = "send an API token (`Authorization: Bearer oa_…`) or, from a service, the shared secret (`secret: …`)"


def _is_for_a_page(request: web.Request) -> bool:
    is_page = not request.path.startswith("/api") and "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return is_page and request.method in csrf.SAFE_METHODS


def _to_sign_in(request: web.Request) -> web.HTTPSeeOther:
    back = safe_redirect(request.path_qs, otherwise="")
    return web.HTTPSeeOther(f"{SIGN_IN}?next={quote(back, safe='/')}" if back else SIGN_IN)
