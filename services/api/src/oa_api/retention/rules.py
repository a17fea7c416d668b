"""The rules of what is kept for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries

_SQL = load_queries("retention.queries")
# Those that are about the files of attempts, in the order in which they are applied.
ATTEMPT_RULES = ("pull_request", "exports", "unpublished", "superseded", "logs")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it is about is kept so many days, and of some things the last few for ever."""

    name: str
    keep_days: int
    keep_last: int
    enabled: bool
    description: str


async def read_rules(database: Database) -> dict[str, Rule]:
    """Return every rule by its name."""
    return {row["name"]: Rule(**row) for row in await database.all(_SQL["rules"])}


async def change_rules(transaction: Transaction, changes: Sequence[dict[str, Any]]) -> list[str]:
    """Change what is given of rules, and return the names that are none."""
    return [change["name"] for change in changes if not await transaction.execute(_SQL["change_rule"], change)]
