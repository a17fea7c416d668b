"""Retention rules: how long files and records are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters

_SQL = load_queries("retention.queries")
# The rules for files of attempts, in the order in which cleanup applies them.
ATTEMPT_RULES = ("pull_request", "exports", "unpublished", "superseded", "conversions", "logs")


@dataclass(frozen=True, slots=True)
class Rule:
    """A retention rule: deletes after `keep_days`, except the last `keep_last` versions where it has versions."""

    name: str
    keep_days: int
    keep_last: int
    enabled: bool
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleChange:
    """A change of the rule `name`; None leaves a value unchanged."""

    name: str
    keep_days: int | None = None
    keep_last: int | None = None
    enabled: bool | None = None


async def read_rules(database: Database) -> dict[str, Rule]:
    """Return every rule by name."""
    return {rule.name: rule for rule in await database.all(_SQL["rules"], into=Rule)}


async def change_rules(transaction: Transaction, changes: Sequence[RuleChange]) -> list[str]:
    """Change rules, and return the names that are not those of a rule."""
    return [
        change.name for change in changes if not await transaction.execute(_SQL["change_rule"], as_parameters(change))
    ]
