"""The header `Idempotency-Key`: a repeated request returns the first response."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import InvalidError
from oa_api.http.request_parsing import raw_body
from oa_shared.large_bodies import run_by_size

_SQL = load_queries("http.idempotency")
_MAX_KEY_LENGTH = 200
_OK = 200


@dataclass(frozen=True, slots=True)
class _SavedResponse:
    request_sha256: str
    response: Any


class Idempotency:
    """Makes a client's retry return the first response; without a key it does nothing.

    Keys are separate for each owner and route: the response to a request goes to its sender only.
    """

    def __init__(self, key: str | None, route: str, request_body: bytes, *, owner: str) -> None:
        self._key, self._route = key, f"{route} of {owner}"
        self._sha256 = hashlib.sha256(request_body).hexdigest()

    async def find_response(self, transaction: Transaction) -> Any | None:
        """Return the first response to this key, if any; other requests with the key wait for this transaction.

        Raises InvalidError for a key that was used with another body.
        """
        if self._key is None:
            return None
        values = {"key": self._key, "route": self._route}
        await transaction.execute(_SQL["lock_key"], values)
        saved = await transaction.first(_SQL["saved_response"], values, into=_SavedResponse)
        if saved is not None and saved.request_sha256 != self._sha256:
            raise InvalidError("this Idempotency-Key was used for another request")
        return saved.response if saved else None

    async def find_id(self, transaction: Transaction) -> int | None:
        """Return the `id` of the first response to this key, if any. Raises InvalidError."""
        response = await self.find_response(transaction)
        return None if response is None else int(response["id"])

    async def save_response(self, transaction: Transaction, response: object) -> None:
        """Save the response in the transaction that does what it reports."""
        if self._key is None:
            return
        values = {"key": self._key, "route": self._route, "request_sha256": self._sha256}
        await transaction.execute(_SQL["save_response"], {**values, "status": _OK, "response": json.dumps(response)})


async def read_idempotency_key(request: web.Request, route: str, *, owner: str) -> Idempotency:
    """Return the idempotency of a request; keys are separate for each `route` and `owner`. Raises InvalidError."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= _MAX_KEY_LENGTH and key.isprintable()):
        format_ = f"1 to {_MAX_KEY_LENGTH} printable characters"
        raise InvalidError(f"Idempotency-Key must be {format_}", fields={"Idempotency-Key": [f"Send {format_}."]})
    body = await raw_body(request)
    return await run_by_size(len(body), Idempotency, key, route, body, owner=owner)
