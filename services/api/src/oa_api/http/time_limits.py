"""The time limits of requests: how long one may wait for the database or AWS before it is answered with 503.

The limit applies to each wait, not to the request: a body may take a minute to arrive, and an upload of jobs has many
statements. A wait that reaches its limit is not repeated, so a dependency that hangs costs a request 5 seconds.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from aiohttp import web

from oa_api.http.app_keys import PROCESS
from oa_api.http.errors import StartingError
from oa_shared.time_limits import limit_waits

REQUEST_WAIT_S = 4.5
# All waits of a health check together: it answers within 2 seconds.
HEALTH_WAIT_S = 1.8
HEALTH_PATHS: web.AppKey[AbstractSet[str]] = web.AppKey("health_paths", AbstractSet)
_STATIC = "/static/"


def is_health_check(request: web.Request) -> bool:
    """Return whether a request is for the health of the process or the system."""
    return request.path in request.app[HEALTH_PATHS]


@contextmanager
def limit_request(request: web.Request) -> Iterator[None]:
    """Limit the waits of a request.

    Raises StartingError for a request that needs the database before the process has started.
    """
    if is_health_check(request):
        with limit_waits(HEALTH_WAIT_S, total_s=HEALTH_WAIT_S):
            yield
        return
    waiting_for = request.app[PROCESS].waiting_for
    if waiting_for and not request.path.startswith(_STATIC):
        raise StartingError(f"the service is starting and waits for {waiting_for}; try again in a moment")
    with limit_waits(REQUEST_WAIT_S):
        yield
