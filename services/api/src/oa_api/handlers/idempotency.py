"""The header `Idempotency-Key`."""

from aiohttp import web

from oa_api.errors import InvalidError
from oa_api.jobs import Idempotency
from oa_api.requests import raw_body

_MAX_KEY = 200


async def once(request: web.Request, route: str) -> Idempotency:
    """Return what makes a repeated request harmless. Raises InvalidError."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isprintable()):
        words = f"1 to {_MAX_KEY} printable characters"
        raise InvalidError(f"Idempotency-Key is {words}", fields={"Idempotency-Key": [f"Send {words}."]})
    return Idempotency(key, route, await raw_body(request))
