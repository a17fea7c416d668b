"""The endpoints of the health grid and of statistics."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from oa_api.errors import NotFoundError
from oa_api.reporting import health, measures
from oa_api.reporting.cost import Cost
from oa_api.requests import path_id, query
from oa_api.schemas.health import CostView, HealthFilter, HealthGrid, Statistics, StatisticsFilter
from oa_api.services import DATABASE, SETTINGS
from oa_api.store.queries import queries

_SQL = queries("reads")


async def list_sources(request: web.Request) -> web.Response:
    """Return how each dataset stands, and how many stand how."""
    asked, database = await query(request, HealthFilter()), request.app[DATABASE]
    wanted = grid_filter(request, asked)
    rows = await health.read_states(database, wanted, cursor=asked["cursor"], limit=asked["limit"] + 1)
    groups = await health.read_groups(database, wanted)
    shown = rows[: asked["limit"]]
    view = {"stale_days": wanted.stale_days, "counts": groups.total, "groups": groups.rows, "sources": shown}
    answer = web.json_response(HealthGrid().dump(view))
    if len(rows) > asked["limit"]:
        key = " ".join(shown[-1][part] for part in ("source_name", "layer", "name"))
        answer.headers["Link"] = f'<{request.rel_url.update_query(cursor=key)}>; rel="next"'
    return answer


def grid_filter(request: web.Request, asked: dict[str, Any]) -> health.GridFilter:
    """Return what a query asks of the grid."""
    stale_days = asked["stale_days"] or request.app[SETTINGS].stale_after_days
    return health.GridFilter(stale_days, asked["state"], asked["layer"], asked["prefix"])


async def get_statistics(request: web.Request) -> web.Response:
    """Return backlog, seconds by phase, throughput, and the cost of a run."""
    run, database = (await query(request, StatisticsFilter()))["run"], request.app[DATABASE]
    if run is not None and await database.first(_SQL["run"], {"run": run}) is None:
        raise NotFoundError(f"there is no run {run}")
    prices = measures.prices_of(request.app[SETTINGS])
    cost = await measures.cost_of_run(database, run, prices) if run is not None else None
    measured = await measures.measure(database, run)
    view = {**measured, "cost": cost and cost_view(cost, prices.looked_up)}
    return web.json_response(Statistics().dump(view))


async def get_cost(request: web.Request) -> web.Response:
    """Return what a job has cost."""
    job, database = path_id(request, "job"), request.app[DATABASE]
    if await database.first(_SQL["job"], {"job": job}) is None:
        raise NotFoundError(f"there is no job {job}")
    prices = measures.prices_of(request.app[SETTINGS])
    cost = await measures.cost_of_job(database, job, prices)
    return web.json_response(CostView().dump(cost_view(cost, prices.looked_up)))


def cost_view(cost: Cost, looked_up: str) -> dict[str, Any]:
    """Return a cost as it is shown."""
    return {**asdict(cost), "total": cost.total, "prices_looked_up": looked_up}
