"""Authorization: each route has the lowest role that may call it; one middleware identifies the caller and compares."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from urllib.parse import quote

from aiohttp import hdrs, web

from oa_api.db.errors import StoreError
from oa_api.http.app_keys import SETTINGS
from oa_api.http.body_budget import BODY_BUDGETS, BODY_RESERVATION, Reservation
from oa_api.http.compression import SECRET_IN_RESPONSE
from oa_api.http.cross_origin import READS
from oa_api.http.errors import ForbiddenError, UnauthorizedError
from oa_api.http.problem import Handler
from oa_api.http.time_limits import is_health_check
from oa_api.identity import csrf
from oa_api.identity.authentication import UnknownTokenError, authenticate
from oa_api.identity.permission import describe_missing_role
from oa_api.identity.principal import ANONYMOUS, PRINCIPAL, SESSION, Principal
from oa_api.identity.rate_limit import LIMITS, enforce_rate_limit
from oa_api.identity.safe_redirect import safe_redirect
from oa_shared.roles import Role

ROLES: web.AppKey[Mapping[tuple[str, str], Role]] = web.AppKey("roles", Mapping)
# Why the token of a request was ignored.
UNKNOWN_TOKEN = web.RequestKey("unknown_token", str)
SIGN_IN = "/sign-in"
_AUTHENTICATION_HINT = (
    "send an API token (`Authorization: Bearer oa_…`) or, from a service, the shared secret (`secret: …`)"
)


def required_role(request: web.Request) -> Role:
    """Return the lowest role that may call the matched route; without a route anyone may, and gets a 404."""
    resource = request.match_info.route.resource
    if resource is None:
        return Role.ANYONE
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    return request.app[ROLES].get((method, resource.canonical), Role.ADMIN)


def is_trusted(request: web.Request) -> bool:
    """Return whether the caller is a service, which may see the secrets of jobs."""
    return request[PRINCIPAL].has_role(Role.SERVICE)


@web.middleware
async def authorize(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Call the handler if the caller has the route's role.

    Raises UnauthorizedError, ForbiddenError, TooManyRequestsError. A browser sends its cookie with every request,
    whichever site causes it: a request by cookie that changes something must come from a page of this site.
    """
    request[PRINCIPAL] = principal = await _identify(request)
    request[SECRET_IN_RESPONSE] = is_trusted(request)
    role = required_role(request)
    if not principal.has_role(role):
        if principal is ANONYMOUS:
            if _is_page(request):
                raise _redirect_to_sign_in(request)
            raise UnauthorizedError(f"requires role {role.label}: {_AUTHENTICATION_HINT}")
        raise ForbiddenError(describe_missing_role(principal, role))
    with _open_body_account(request, principal) as reservation:
        request[BODY_RESERVATION] = reservation
        if principal.kind == SESSION and request.method not in csrf.SAFE_METHODS:
            await csrf.check(request)
        return await handler(request)


async def forbid_storing(request: web.Request, response: web.StreamResponse) -> None:
    """Keep caches from storing what only this caller may see; as a signal of aiohttp, on streams too.

    A handler that declares a response public returns the same to all.
    """
    is_public = response.headers.get(hdrs.CACHE_CONTROL, "").startswith("public")
    if request.get(PRINCIPAL, ANONYMOUS) is not ANONYMOUS and not is_public:
        response.headers[hdrs.CACHE_CONTROL] = "no-store"


def _open_body_account(request: web.Request, principal: Principal) -> AbstractContextManager[Reservation]:
    budgets = request.app[BODY_BUDGETS]
    budget = budgets.anonymous if principal is ANONYMOUS else budgets.identified
    return budget.open_account(request.app[LIMITS].client(request, principal))


async def _identify(request: web.Request) -> Principal:
    """Return the principal and count its request; a request with a wrong credential counts as anonymous.

    Where clients of openaddresses/batch are served, a read that is open to everyone ignores an unknown token: they send
    the token of an old session with each request.
    """
    try:
        principal = await authenticate(request)
    except UnknownTokenError as error:
        if not _is_open_read(request):
            enforce_rate_limit(request, ANONYMOUS)
            raise
        request[UNKNOWN_TOKEN] = error.detail
        principal = ANONYMOUS
    except UnauthorizedError:
        enforce_rate_limit(request, ANONYMOUS)
        raise
    except StoreError:
        # A health check reports the fault of the database instead of failing with it.
        if not is_health_check(request):
            raise
        principal = ANONYMOUS
    enforce_rate_limit(request, principal)
    return principal


def _is_open_read(request: web.Request) -> bool:
    is_read = request.method in READS and request.app[SETTINGS].compatibility
    return is_read and required_role(request) is Role.ANYONE


async def add_token_warning(request: web.Request, response: web.StreamResponse) -> None:
    """State that a request was answered without its token; as a signal of aiohttp, on streams too."""
    if UNKNOWN_TOKEN in request:
        response.headers[hdrs.WARNING] = f'299 - "{request[UNKNOWN_TOKEN]}: answered as an anonymous request"'


def _is_page(request: web.Request) -> bool:
    accepts_html = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return accepts_html and not request.path.startswith("/api") and request.method in csrf.SAFE_METHODS


def _redirect_to_sign_in(request: web.Request) -> web.HTTPSeeOther:
    next_path = safe_redirect(request.path_qs, otherwise="")
    return web.HTTPSeeOther(f"{SIGN_IN}?next={quote(next_path, safe='/')}" if next_path else SIGN_IN)
