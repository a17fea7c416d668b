"""The endpoints of the health grid and of statistics."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.request_parsing import path_id, query
from oa_api.jobs import queries, run_statistics
from oa_api.jobs.cost import Cost
from oa_api.reporting import source_health
from oa_api.reporting.schemas import (
    CostViewSchema,
    HealthFilterSchema,
    HealthGridSchema,
    StatisticsFilterSchema,
    StatisticsSchema,
)


async def list_sources(request: web.Request) -> web.Response:
    """Return how each dataset stands, and how many stand how."""
    asked, database = await query(request, HealthFilterSchema()), request.app[DATABASE]
    wanted = grid_filter(request, asked)
    rows = await source_health.read_states(database, wanted, cursor=asked["cursor"], limit=asked["limit"] + 1)
    groups = await source_health.read_groups(database, wanted)
    shown = rows[: asked["limit"]]
    view = {"stale_days": wanted.stale_days, "counts": groups.total, "groups": groups.rows, "sources": shown}
    answer = web.json_response(HealthGridSchema().dump(view))
    if len(rows) > asked["limit"]:
        key = " ".join(shown[-1][part] for part in ("source_name", "layer", "name"))
        answer.headers["Link"] = f'<{request.rel_url.update_query(cursor=key)}>; rel="next"'
    return answer


def grid_filter(request: web.Request, asked: dict[str, Any]) -> source_health.GridFilter:
    """Return what a query asks of the grid."""
    stale_days = asked["stale_days"] or request.app[SETTINGS].stale_after_days
    return source_health.GridFilter(stale_days, asked["state"], asked["layer"], asked["prefix"])


async def get_statistics(request: web.Request) -> web.Response:
    """Return backlog, seconds by phase, throughput, and the cost of a run."""
    run, database = (await query(request, StatisticsFilterSchema()))["run"], request.app[DATABASE]
    if run is not None:
        await queries.get_run(database, run)
    prices = run_statistics.prices_of(request.app[SETTINGS])
    cost = await run_statistics.cost_of_run(database, run, prices) if run is not None else None
    measured = await run_statistics.measure(database, run)
    view = {"backlog": measured.backlog, "phases": measured.phases, "throughput": measured.throughput}
    view |= {"cost": cost and cost_view(cost, prices.looked_up)}
    return web.json_response(StatisticsSchema().dump(view))


async def get_cost(request: web.Request) -> web.Response:
    """Return what a job has cost."""
    job, database = path_id(request, "job"), request.app[DATABASE]
    await queries.get_job(database, job)
    prices = run_statistics.prices_of(request.app[SETTINGS])
    cost = await run_statistics.cost_of_job(database, job, prices)
    return web.json_response(CostViewSchema().dump(cost_view(cost, prices.looked_up)))


def cost_view(cost: Cost, looked_up: str) -> dict[str, Any]:
    """Return a cost as it is shown."""
    return {**asdict(cost), "total": cost.total, "prices_looked_up": looked_up}
