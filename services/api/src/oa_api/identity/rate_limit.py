"""Limits on requests: what each client may still ask, told in the RateLimit fields of every answer.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10. Counting is by process: two of them let twice as many
through, which is the price of asking nobody.
"""

import time

from aiohttp import hdrs, web

from oa_api.http.errors import TooManyRequestsError
from oa_api.identity.client_address import Networks, client_address, client_key
from oa_api.identity.principal import Principal
from oa_api.identity.token_bucket import Quota, RateDecision, RateLimiter
from oa_api.settings import Settings
from oa_shared.roles import Role

_FREE = frozenset({"/metrics"})
_FREE_BELOW = "/static/"
_FORWARDED_FOR = "X-Forwarded-For"
_SIGN_INS = Quota("sign-in", 20, window_s=900)
_SPENT = web.RequestKey("spent", RateDecision)


class Limits:
    """How much anybody, and whoever is signed in, may ask in a minute; 0 is without limit."""

    def __init__(self, settings: Settings) -> None:
        self._anonymous = Quota("anonymous", settings.anonymous_per_minute)
        self._account = Quota("account", settings.account_per_minute)
        self._proxies = Networks("OA_TRUSTED_PROXIES", settings.trusted_proxies)
        self._unlimited = Networks("OA_UNLIMITED_NETWORKS", settings.unlimited_networks)
        self._buckets = RateLimiter()

    def spend(self, request: web.Request, principal: Principal) -> RateDecision | None:
        """Count a request; None if it is not limited."""
        quota = self._anonymous if principal.id is None else self._account
        if quota.requests <= 0 or principal.has_role(Role.SERVICE) or _is_free(request):
            return None
        client = self._client(request)
        if client is None:
            return None
        name = f"account {principal.id}" if principal.id is not None else client
        return self._buckets.spend(name, quota, time.monotonic())

    def spend_sign_in(self, request: web.Request) -> None:
        """Count the beginning of a sign-in, which makes us write and send something. Raises TooManyRequestsError."""
        client = self._client(request)
        if client is None:
            return
        spent = self._buckets.spend(f"sign-in {client}", _SIGN_INS, time.monotonic())
        if spent.wait_s:
            raise TooManyRequestsError(f"too many sign-ins from your address: wait {spent.wait_s} s")

    def _client(self, request: web.Request) -> str | None:
        """Return by what the sender of a request is counted; None for those who are not."""
        address = client_address(request.remote, request.headers.getall(_FORWARDED_FOR, []), self._proxies)
        return None if address is not None and address in self._unlimited else client_key(address)


LIMITS = web.AppKey("limits", Limits)


def enforce_rate_limit(request: web.Request, principal: Principal) -> None:
    """Count a request against whoever sends it. Raises TooManyRequestsError."""
    spent = request.app[LIMITS].spend(request, principal)
    if spent is None:
        return
    request[_SPENT] = spent
    if spent.wait_s:
        most = f"{spent.quota.requests:,} requests in {spent.quota.window_s} s"
        raise TooManyRequestsError(f"more than {most}: wait {spent.wait_s} s; an account has a limit of its own")


async def add_rate_limit_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put the RateLimit fields on an answer that was counted; a signal of aiohttp's, so that streams have them too."""
    spent = request.get(_SPENT)
    if spent is None:
        return
    quota = spent.quota
    response.headers["RateLimit-Policy"] = f'"{quota.name}";q={quota.requests};w={quota.window_s}'
    response.headers["RateLimit"] = f'"{quota.name}";r={spent.remaining};t={spent.full_in_s}'
    if spent.wait_s:
        response.headers[hdrs.RETRY_AFTER] = str(spent.wait_s)


def _is_free(request: web.Request) -> bool:
    """Health and metrics are for those who watch the service; a page's own files come with the page."""
    if request.path in _FREE or request.path.startswith(_FREE_BELOW):
        return True
    return request.path == "/" and "text/html" not in request.headers.get(hdrs.ACCEPT, "")
