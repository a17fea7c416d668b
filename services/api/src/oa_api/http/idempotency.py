"""The header `Idempotency-Key`: a repeated request returns the first response."""

import hashlib
import json
from dataclasses import dataclass

from aiohttp import web

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import InvalidError
from oa_api.http.request_parsing import raw_body

_SQL = load_queries("http.idempotency")
_HEADER = "Idempotency-Key"
_MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The first response to a key, and the digest of the request that it answered."""

    request_sha256: str
    answer: object


class Idempotency:
    """The key of one request, with the digest of its body; without a key nothing is stored."""

    def __init__(self, key: str | None, route: str, request_body: bytes) -> None:
        self._key, self._route = key, route
        self._sha256 = hashlib.sha256(request_body).hexdigest()

    async def stored_response(self, transaction: Transaction) -> object | None:
        """Return the response to an earlier request with this key, if any; concurrent requests with it wait.

        Raises InvalidError when the earlier request was a different one.
        """
        if self._key is None:
            return None
        values = {"key": self._key, "route": self._route}
        await transaction.execute(_SQL["lock_key"], values)
        stored = await transaction.first(_SQL["stored_response"], values, into=StoredResponse)
        if stored is not None and stored.request_sha256 != self._sha256:
            raise InvalidError(f"this {_HEADER} was used for another request; send a new one")
        return stored.answer if stored else None

    async def stored_id(self, transaction: Transaction) -> int | None:
        """Return the `id` of the stored response, if any. Raises InvalidError."""
        stored = await self.stored_response(transaction)
        return int(stored["id"]) if isinstance(stored, dict) else None

    async def store(self, transaction: Transaction, response: object) -> None:
        """Store the response in the transaction that does what it reports."""
        if self._key is None:
            return
        values = {"key": self._key, "route": self._route, "request_sha256": self._sha256}
        await transaction.execute(_SQL["store_response"], {**values, "status": 200, "answer": json.dumps(response)})


async def read_idempotency_key(request: web.Request, route: str) -> Idempotency:
    """Return the key of a request to a route. Raises InvalidError for a malformed key."""
    key = request.headers.get(_HEADER)
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isprintable()):
        rule = f"1 to {_MAX_KEY} printable characters"
        raise InvalidError(f"{_HEADER} must have {rule}", fields={_HEADER: [f"Must have {rule}."]})
    return Idempotency(key, route, await raw_body(request))
