"""Rate limits on requests, reported in the RateLimit fields of every response.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10. Each process counts on its own: two processes let twice
as many requests through, in exchange for no shared store.
"""

import time

from aiohttp import hdrs, web

from oa_api.http.errors import TooManyRequestsError
from oa_api.identity.client_address import Networks, client_address, client_key
from oa_api.identity.principal import Principal
from oa_api.identity.token_bucket import Quota, RateDecision, RateLimiter
from oa_api.settings import Settings
from oa_shared.roles import Role

# Liveness answers from memory, and a load balancer that gets 429 would replace the process.
_LIVENESS = "/live"
_UNLIMITED_PREFIX = "/static/"
_FORWARDED_FOR = "X-Forwarded-For"
_SIGN_INS = Quota("sign-in", 20, window_s=900)
_CONVERSIONS = Quota("conversion", 30, window_s=3600)
_DECISION = web.RequestKey("rate_decision", RateDecision)
# The rate limit, the budget of bodies and streams need the client.
_CLIENT: web.RequestKey[str | None] = web.RequestKey("client", str)


class RequestLimits:
    """The limits of anonymous clients and of accounts, in requests per minute; 0 means unlimited."""

    def __init__(self, settings: Settings) -> None:
        self._anonymous = Quota("anonymous", settings.anonymous_per_minute)
        self._account = Quota("account", settings.account_per_minute)
        self._proxies = Networks("OA_TRUSTED_PROXIES", settings.trusted_proxies)
        self._unlimited = Networks("OA_UNLIMITED_NETWORKS", settings.unlimited_networks)
        self._limiter = RateLimiter()

    def consume(self, request: web.Request, principal: Principal) -> RateDecision | None:
        """Count a request and return the decision; None if it is not limited."""
        quota = self._anonymous if principal.id is None else self._account
        if quota.requests <= 0 or principal.has_role(Role.SERVICE) or _is_unlimited(request):
            return None
        key = self.client(request, principal)
        if key is None or self._client(request) is None:
            return None
        return self._limiter.consume(key, quota, time.monotonic())

    def consume_sign_in(self, request: web.Request) -> None:
        """Count the start of a sign-in, which causes a write and perhaps an email. Raises TooManyRequestsError."""
        self._consume(request, _SIGN_INS, what="sign-ins")

    def consume_conversion(self, request: web.Request) -> None:
        """Count the start of a conversion, which costs a container. Raises TooManyRequestsError."""
        self._consume(request, _CONVERSIONS, what="conversions")

    def _consume(self, request: web.Request, quota: Quota, *, what: str) -> None:
        client = self._client(request)
        if client is None:
            return
        decision = self._limiter.consume(f"{quota.name} {client}", quota, time.monotonic())
        if decision.wait_s:
            raise TooManyRequestsError(f"too many {what} from your address; retry in {decision.wait_s} s")

    def client(self, request: web.Request, principal: Principal) -> str | None:
        """Return the key of an account or a client's address; None for a service and for a client without a limit."""
        if principal.id is not None:
            return f"account {principal.id}"
        return None if principal.has_role(Role.SERVICE) else self._client(request)

    def _client(self, request: web.Request) -> str | None:
        """Return the key of the client, or None for a client without a limit."""
        if _CLIENT not in request:
            request[_CLIENT] = self._find_client(request)
        return request[_CLIENT]

    def _find_client(self, request: web.Request) -> str | None:
        address = client_address(request.remote, request.headers.getall(_FORWARDED_FOR, []), self._proxies)
        return None if address is not None and address in self._unlimited else client_key(address)


LIMITS = web.AppKey("limits", RequestLimits)


def enforce_rate_limit(request: web.Request, principal: Principal) -> None:
    """Count a request of a principal. Raises TooManyRequestsError."""
    decision = request.app[LIMITS].consume(request, principal)
    if decision is None:
        return
    request[_DECISION] = decision
    if decision.wait_s:
        limit = f"{decision.quota.requests:,} requests in {decision.quota.window_s} s"
        raise TooManyRequestsError(f"limit {limit}; retry in {decision.wait_s} s; an account has its own limit")


async def add_rate_limit_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the RateLimit fields to the response of a counted request; as a signal of aiohttp, to streams too."""
    decision = request.get(_DECISION)
    if decision is None:
        return
    quota = decision.quota
    response.headers["RateLimit-Policy"] = f'"{quota.name}";q={quota.requests};w={quota.window_s}'
    response.headers["RateLimit"] = f'"{quota.name}";r={decision.remaining};t={decision.full_in_s}'
    if decision.wait_s:
        response.headers[hdrs.RETRY_AFTER] = str(decision.wait_s)


def _is_unlimited(request: web.Request) -> bool:
    """Return whether a request is for a file that comes with a page, or for the liveness of the process."""
    return request.path == _LIVENESS or request.path.startswith(_UNLIMITED_PREFIX)
