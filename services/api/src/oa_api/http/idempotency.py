"""The header `Idempotency-Key`."""

import hashlib
import json
from typing import Any

from aiohttp import web

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import InvalidError
from oa_api.http.request_parsing import raw_body

_SQL = load_queries("http.idempotency")
_MAX_KEY = 200


class Idempotency:
    """Makes a client's retry return the first answer (header `Idempotency-Key`)."""

    def __init__(self, key: str | None, route: str, request_body: bytes) -> None:
        self._key, self._route = key, route
        self._sha256 = hashlib.sha256(request_body).hexdigest()

    async def earlier_answer(self, transaction: Transaction) -> Any | None:
        """Return the first answer, holding back other requests with the same key. Raises InvalidError."""
        if self._key is None:
            return None
        values = {"key": self._key, "route": self._route}
        await transaction.execute(_SQL["claim_key"], values)
        row = await transaction.first(_SQL["recorded_answer"], values)
        if row is not None and row["request_sha256"] != self._sha256:
            raise InvalidError("this Idempotency-Key was used for another request")
        return row["answer"] if row else None

    async def remember(self, transaction: Transaction, answer: Any) -> None:
        """Keep the answer with what it is about, in the same transaction."""
        if self._key is None:
            return
        values = {"key": self._key, "route": self._route, "request_sha256": self._sha256}
        await transaction.execute(_SQL["record_answer"], {**values, "status": 200, "answer": json.dumps(answer)})


async def once(request: web.Request, route: str) -> Idempotency:
    """Return what makes a repeated request harmless. Raises InvalidError."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isprintable()):
        words = f"1 to {_MAX_KEY} printable characters"
        raise InvalidError(f"Idempotency-Key is {words}", fields={"Idempotency-Key": [f"Send {words}."]})
    return Idempotency(key, route, await raw_body(request))
