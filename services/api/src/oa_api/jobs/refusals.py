"""Why a run lacks jobs: the definitions, entries and entire requests that were refused are kept with the run."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Self

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.safe_json import escape_unstorable
from oa_api.jobs.planning import Rejection
from oa_shared.failures import FAILURES

_SQL = load_queries("jobs.refusals")
# The request as a whole, where no element can be named.
WHOLE_REQUEST = "the request"
MAX_LISTED, MAX_KEPT = 100, 1000
_COLUMNS = ("digest", "source", "pointer", "code", "message")


@dataclass(frozen=True, slots=True)
class RunRefusal:
    """What got no job (the name or URL of a definition, or the request), where in it, and why.

    `pointer` is a JSON pointer into the definition, empty for all of it.
    """

    source: str
    pointer: str
    code: str
    message: str

    @classmethod
    def of(cls, rejection: Rejection) -> Self:
        """Return a rejection as the database can store it: it quotes untrusted text."""
        texts = (rejection.source, rejection.pointer, rejection.code, rejection.message)
        return cls(*map(escape_unstorable, texts))

    @property
    def hint(self) -> str:
        """Return what to do; empty for an unknown code, whose message states it."""
        failure = FAILURES.get(self.code)
        return failure.hint if failure else ""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the texts in hex digits."""
        return hashlib.sha256(json.dumps(astuple(self)).encode()).hexdigest()


async def keep_refusals(transaction: Transaction, run: int, rejections: Sequence[Rejection]) -> None:
    """Keep the first 1,000 refusals of a request with its run, each that the run does not have yet."""
    refusals = list(dict.fromkeys(map(RunRefusal.of, rejections[:MAX_KEPT])))
    if not refusals:
        return
    columns = {name: [getattr(refusal, name) for refusal in refusals] for name in _COLUMNS}
    await transaction.execute(_SQL["insert"], {"run": run, **columns})


async def list_refusals(database: Database, run: int) -> list[RunRefusal]:
    """Return the first 100 refusals of a run by source."""
    return await database.all(_SQL["first"], {"run": run, "limit": MAX_LISTED}, into=RunRefusal)
