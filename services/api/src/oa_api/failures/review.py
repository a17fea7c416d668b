"""Results that the quality gate holds back: looking at them beside what is published, and deciding."""

from collections.abc import Mapping
from typing import Any

from oa_api.db.counting import COUNTED_ROWS, Total, count_rows
from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries
from oa_api.jobs.filters import selection_parameters

_SQL = load_queries("failures.review")
_COMPARED = ("number", "street")


async def held_back(database: Database, asked: Mapping[str, Any]) -> list[Row]:
    """Return jobs that wait for a decision, newest first, and one more than asked for when there are more."""
    values = {**_values(asked), "cursor": asked["cursor"], "limit": asked["limit"] + 1}
    return [_compared(row) for row in await database.all(_SQL["open_jobs"], values)]


async def count(database: Database, asked: Mapping[str, Any]) -> Total:
    """Count the jobs that wait for a decision, looking at no more than 10,000."""
    return await count_rows(database, _SQL["count_open"], {**_values(asked), "count_limit": COUNTED_ROWS + 1})


def _values(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {**selection_parameters(asked), "code": asked.get("code")}


def _compared(row: Row) -> Row:
    """Put what came out beside what is published: features, and filled values of the watched fields."""
    new, published = row["result"] or {}, row["published_result"] or {}
    names = {"features": ("count",), **{name: ("fields", name) for name in _COMPARED}}
    figures = [
        {"what": what, "now": _number(new, path), "published": _number(published, path)} for what, path in names.items()
    ]
    return {**row, "job": row["id"], "figures": figures}


def _number(result: Any, path: tuple[str, ...]) -> int | None:
    for key in path:
        result = result.get(key) if isinstance(result, dict) else None
    return result if isinstance(result, int) and not isinstance(result, bool) else None
