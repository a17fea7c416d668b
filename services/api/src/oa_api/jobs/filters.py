"""Filters of runs and jobs: the SQL parameters of lists, their statement, and their total."""

from collections.abc import Mapping
from typing import Any

from oa_api.db import counting
from oa_api.db.counting import Total, count_rows
from oa_api.db.database import Database
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.query_files import load_queries

_SQL = load_queries("jobs.reads")
# Filters that the tally of jobs can answer by itself, exactly (docs/decisions/0006-counting-jobs.md).
_TALLIED = frozenset({"run", "status"})
_FILTERS = ("run", "status", "source", "source_like", "host", "layer", "kind", "error", "live", "before", "after")


def list_parameters(asked: dict[str, Any]) -> dict[str, Any]:
    """Return SQL parameters of a filtered list; one row more than asked for tells whether there is a next page."""
    values = {**dict.fromkeys((*_FILTERS, "cursor")), **asked}
    values |= _by_prefix(values["source"])
    offset = 0 if values["cursor"] else asked.get("page", 0) * asked["limit"]
    return {**values, "limit": asked["limit"] + 1, "offset": offset, "count_limit": counting.COUNTED_ROWS + 1}


def selection_parameters(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the SQL parameters that say which jobs a filter means."""
    values = {**dict.fromkeys(_FILTERS), **asked}
    return {**values, **_by_prefix(values["source"]), "count_limit": counting.COUNTED_ROWS + 1}


def _by_prefix(source: str | None) -> dict[str, str | None]:
    """Return what a source with a slash at the end means: all whose name begins so."""
    if source is None or not source.endswith("/"):
        return {}
    return {"source": None, "source_like": starts_with_pattern(source)}


def list_statement(what: str, asked: dict[str, Any]) -> str:
    """Return the query of a list in the order asked for; by time where the filter is by time, so one index serves."""
    by_time = asked["before"] is not None or asked["after"] is not None
    key = asked["sort"] or ("created_at" if by_time else "id")
    return _SQL[f"{what}_by_{key}_{asked['order']}"]


async def total_jobs(database: Database, values: dict[str, Any]) -> Total:
    """Count the jobs of a list: from the tally where it can say, else by looking at no more than 10,000."""
    given = {name for name in _FILTERS if values[name] is not None}
    if given <= _TALLIED:
        row = await database.first(_SQL["tallied_jobs"], values)
        return Total(row["total"] if row else 0)
    return await bounded_total(database, "count_jobs", values)


async def total_runs(database: Database, values: dict[str, Any]) -> Total:
    """Count the runs of a list, looking at no more than 10,000."""
    name = "count_runs" if values["status"] is not None else "count_runs_by_themselves"
    return await bounded_total(database, name, values)


async def bounded_total(database: Database, name: str, values: dict[str, Any]) -> Total:
    """Count the rows of a list, looking at no more than 10,000."""
    return await count_rows(database, _SQL[name], values)
