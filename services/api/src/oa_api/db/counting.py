"""Counting the rows of a list at a bounded cost."""

from dataclasses import dataclass

from oa_api.db.database import Database, Parameters, Transaction
from oa_shared.json_types import JsonObject

COUNTED_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows a list has; an estimate is a lower bound."""

    rows: int
    is_estimate: bool = False

    def as_fields(self) -> JsonObject:
        """Return the fields of a response."""
        return {"total": self.rows, "total_is_estimate": self.is_estimate}


async def count_rows(reader: Database | Transaction, sql: str, values: Parameters) -> Total:
    """Return the total of a statement that stops counting above COUNTED_ROWS and returns one number."""
    rows = await reader.first(sql, values, into=int) or 0
    return Total(min(rows, COUNTED_ROWS), is_estimate=rows > COUNTED_ROWS)
