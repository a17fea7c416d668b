"""Failures by their cause: how many, since when, whether there are more than before, and what to do about them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_shared.failures import FAILURES

_SQL = load_queries("failures.queries")
BY = ("code", "host", "place")
MOST_GROUPS = 200
_RUNS = 8


def rerun_helps(codes: Iterable[str]) -> bool:
    """Return whether a rerun may succeed with the source as it is."""
    return all(code in FAILURES and FAILURES[code].rerun_helps for code in codes)


async def group_failures(database: Database, asked: Mapping[str, Any]) -> list[Row]:
    """Return the groups of failures, the largest first. Raises NotFoundError."""
    values = {**asked, "limit": MOST_GROUPS, "runs": _RUNS}
    periods = await _periods(database, values)
    trend, current = await _trend(database, values, periods)
    found = await database.all(_SQL["groups_of_run" if asked["run"] else "groups_of_days"], values)
    standing = {row["key"]: row for row in await database.all(_SQL["standing"], values)}
    numbers = [job for row in found for job in row["examples"]]
    examples = {row["job"]: row for row in await database.all(_SQL["examples"], {"jobs": numbers})}
    return [
        _group(row, by=asked["by"], trend=trend.get(row["key"], {}), current=current)
        | {"examples": [examples[job] for job in row["examples"] if job in examples]}
        | {"failing_since": None, "failing": 0, **standing.get(row["key"], {})}
        for row in found
    ]


async def _periods(database: Database, values: dict[str, Any]) -> list[str]:
    """Return the runs or the days that are compared, oldest first."""
    if values["run"] is None:
        today = datetime.now(UTC).date()
        return [str(today - timedelta(days=ago)) for ago in reversed(range(2 * values["days"]))]
    rows = await database.all(_SQL["comparable_runs"], values)
    if not rows:
        raise NotFoundError(f"there is no run {values['run']}")
    return [str(row["id"]) for row in reversed(rows)]


async def _trend(
    database: Database, values: dict[str, Any], periods: list[str]
) -> tuple[dict[str, dict[str, int]], int]:
    """Return for each group how many jobs failed in each period, and how many periods, of the last, are current."""
    if values["run"] is not None:
        given = {**values, "runs": [int(period) for period in periods]}
        rows, current = await database.all(_SQL["trend_of_runs"], given), 1
    else:
        name = "trend_of_codes" if values["by"] == "code" else "trend_of_days"
        rows, current = await database.all(_SQL[name], values), values["days"]
    trend: dict[str, dict[str, int]] = {}
    for row in rows:
        trend.setdefault(row["key"], dict.fromkeys(periods, 0))[row["period"]] = row["jobs"]
    return trend, current


def _group(row: Row, *, by: str, trend: Mapping[str, int], current: int) -> Row:
    known = FAILURES.get(row["key"]) if by == "code" else None
    counts = list(trend.values())
    return {
        **row,
        "title": known.title if known else "",
        "hint": known.hint if known else "",
        "rerun_helps": rerun_helps(row["codes"]),
        "series": [{"period": period, "jobs": jobs} for period, jobs in trend.items()],
        "now": sum(counts[-current:]),
        "before": sum(counts[-2 * current : -current]),
    }
