"""Who may call what: a table, applied by one middleware."""

import hashlib
import hmac

from aiohttp import web

from oa_api.errors import UnauthorizedError
from oa_api.problem import Handler

HEADERS = ("secret", "shared-secret")
# Every route that is not here is internal: a new endpoint is closed until somebody opens it.
PUBLIC = frozenset(
    {
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/api/run"),
        ("GET", "/api/run/{run}"),
        ("GET", "/api/run/{run}/jobs"),
        ("GET", "/api/run/{run}/jobs/count"),
        ("GET", "/api/run/{run}/count"),
        ("GET", "/api/job"),
        ("GET", "/api/job/{job}"),
        ("GET", "/api/job/{job}/raw"),
        ("GET", "/api/job/{job}/log"),
        ("GET", "/api/job/{job}/output/{file}"),
        ("GET", "/api/data"),
        ("GET", "/api/queue"),
        ("GET", "/metrics"),
        ("GET", "/api/openapi.json"),
        ("GET", "/docs"),
    }
)


class SharedSecrets:
    """The secrets that are valid now; two during a change."""

    def __init__(self, *secrets: str) -> None:
        self._digests = [_digest(secret) for secret in secrets if secret]

    def admit(self, given: str) -> bool:
        """Compare in constant time, and with every secret, whichever matches."""
        digest = _digest(given)
        return sum(hmac.compare_digest(digest, known) for known in self._digests) > 0


SECRETS = web.AppKey("secrets", SharedSecrets)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def is_internal(request: web.Request) -> bool:
    """Return whether the matched route needs the shared secret; unmatched routes answer 404 by themselves."""
    resource = request.match_info.route.resource
    if resource is None:
        return False
    method = "GET" if request.method == "HEAD" else request.method
    return (method, resource.canonical) not in PUBLIC


def is_trusted(request: web.Request) -> bool:
    """Return whether the request carries a valid shared secret."""
    given = next((request.headers[name] for name in HEADERS if name in request.headers), "")
    return bool(given) and request.app[SECRETS].admit(given)


@web.middleware
async def authorise(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let public requests through, and internal ones with the secret. Raises UnauthorizedError."""
    if is_internal(request) and not is_trusted(request):
        raise UnauthorizedError(f"send the shared secret in the header `{HEADERS[0]}`")
    return await handler(request)
