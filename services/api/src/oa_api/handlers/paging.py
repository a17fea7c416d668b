"""Lists: filters to SQL parameters, totals that cost little, and Link headers to the neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from oa_api.store.database import Database, Row
from oa_api.store.patterns import beginning
from oa_api.store.queries import queries

_SQL = queries("reads")
COUNTED_ROWS = 10_000
# Filters that the tally of jobs can answer by itself, exactly (docs/decisions/0006-counting-jobs.md).
_TALLIED = frozenset({"run", "status"})
_FILTERS = ("run", "status", "source", "source_like", "host", "layer", "kind", "error", "live", "before", "after")


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows a list has; an estimate is a lower bound."""

    rows: int
    is_estimate: bool = False

    def shown(self) -> dict[str, Any]:
        """Return the fields of an answer."""
        return {"total": self.rows, "total_is_estimate": self.is_estimate}


def parameters(asked: dict[str, Any]) -> dict[str, Any]:
    """Return SQL parameters of a filtered list; one row more than asked for tells whether there is a next page."""
    values = {**dict.fromkeys((*_FILTERS, "cursor")), **asked}
    values |= _by_prefix(values["source"])
    offset = 0 if values["cursor"] else asked.get("page", 0) * asked["limit"]
    return {**values, "limit": asked["limit"] + 1, "offset": offset, "count_limit": COUNTED_ROWS + 1}


def selection(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the SQL parameters that say which jobs a filter means."""
    values = {**dict.fromkeys(_FILTERS), **asked}
    return {**values, **_by_prefix(values["source"]), "count_limit": COUNTED_ROWS + 1}


def _by_prefix(source: str | None) -> dict[str, str | None]:
    """Return what a source with a slash at the end means: all whose name begins so."""
    if source is None or not source.endswith("/"):
        return {}
    return {"source": None, "source_like": beginning(source)}


def statement(what: str, asked: dict[str, Any]) -> str:
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
    return await bounded(database, _SQL[name], values)


async def bounded(database: Database, sql: str, values: dict[str, Any]) -> Total:
    """Count by a statement that stops at `count_limit`."""
    row = await database.first(sql, values)
    counted = row["total"] if row else 0
    return Total(min(counted, COUNTED_ROWS), is_estimate=counted > COUNTED_ROWS)


def answer(
    request: web.Request, asked: dict[str, Any], name: str, rows: list[Row], *, total: Total, **extra: Any
) -> web.Response:
    """Return a page of a list with Links to its neighbours; `rows` are dumped, and may have one more than are shown."""
    shown = rows[: asked["limit"]]
    response = web.json_response({**extra, **total.shown(), name: shown})
    links = []
    if len(rows) > asked["limit"]:
        links.append(f'<{_next(request, asked, shown)}>; rel="next"')
    if asked["page"] > 0:
        links.append(f'<{request.rel_url.update_query(page=asked["page"] - 1)}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _next(request: web.Request, asked: dict[str, Any], shown: list[Row]) -> Any:
    if "cursor" not in asked:
        return request.rel_url.update_query(page=asked["page"] + 1)
    return request.rel_url.without_query_params("page").update_query(cursor=shown[-1]["id"])
