"""Counting the rows of a list at a bounded cost."""

from dataclasses import dataclass
from typing import Any

from oa_api.db.database import Database

COUNTED_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows a list has; an estimate is a lower bound."""

    rows: int
    is_estimate: bool = False

    def shown(self) -> dict[str, Any]:
        """Return the fields of an answer."""
        return {"total": self.rows, "total_is_estimate": self.is_estimate}


async def bounded(database: Database, sql: str, values: dict[str, Any]) -> Total:
    """Count by a statement that stops at `count_limit`."""
    row = await database.first(sql, values)
    return bounded_total(row["total"] if row else 0)


def bounded_total(counted: int | None) -> Total:
    """Return the total of a count that stops at `COUNTED_ROWS + 1` rows."""
    rows = counted or 0
    return Total(min(rows, COUNTED_ROWS), is_estimate=rows > COUNTED_ROWS)
