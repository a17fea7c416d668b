"""The endpoints of the health grid and of statistics."""

from dataclasses import asdict

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_query
from oa_api.jobs import queries, run_statistics
from oa_api.jobs.cost import Cost
from oa_api.reporting import source_health
from oa_api.reporting.rows import DatasetState
from oa_api.reporting.schemas import (
    CostViewSchema,
    DatasetHealthSchema,
    HealthFilterSchema,
    HealthGroupSchema,
    StateCountsSchema,
    StatisticsFilterSchema,
    StatisticsSchema,
)
from oa_api.reporting.source_health import GridFilter
from oa_shared.json_types import JsonObject

_DATASET, _COUNTS, _GROUP = DatasetHealthSchema(), StateCountsSchema(), HealthGroupSchema()


async def list_sources(request: web.Request) -> web.Response:
    """Return a page of datasets with their state, and the number of datasets in each state."""
    health_filter, database = await read_query(request, HealthFilterSchema()), request.app[DATABASE]
    grid_filter = GridFilter.of(health_filter, request.app[SETTINGS])
    page = await source_health.list_states(
        database, grid_filter, cursor=health_filter.cursor, limit=health_filter.limit
    )
    groups = await source_health.count_groups(database, grid_filter)
    return list_response(
        request,
        health_filter,
        "sources",
        page,
        serialize=_DATASET.dump,
        cursor_of=_cursor,
        stale_days=grid_filter.stale_days,
        counts=_COUNTS.dump(groups.total),
        groups=_GROUP.dump(groups.rows, many=True),
    )


def _cursor(dataset: DatasetState) -> str:
    return dataset.cursor


async def get_statistics(request: web.Request) -> web.Response:
    """Return backlog, seconds by phase, throughput, and the cost of a run."""
    run, database = (await read_query(request, StatisticsFilterSchema())).run, request.app[DATABASE]
    if run is not None:
        await queries.get_run(database, run)
    prices = run_statistics.prices_of(request.app[SETTINGS])
    cost = await run_statistics.cost_of_run(database, run, prices) if run is not None else None
    statistics = await run_statistics.measure(database, run)
    view: JsonObject = {
        "backlog": statistics.backlog,
        "phases": statistics.phases,
        "throughput": statistics.throughput,
        "cost": _cost_view(cost, prices.looked_up) if cost else None,
    }
    return web.json_response(StatisticsSchema().dump(view))


async def get_cost(request: web.Request) -> web.Response:
    """Return the cost of a job."""
    job, database = path_id(request, "job"), request.app[DATABASE]
    await queries.get_job(database, job)
    prices = run_statistics.prices_of(request.app[SETTINGS])
    cost = await run_statistics.cost_of_job(database, job, prices)
    return web.json_response(CostViewSchema().dump(_cost_view(cost, prices.looked_up)))


def _cost_view(cost: Cost, looked_up: str) -> JsonObject:
    return {**asdict(cost), "total": cost.total, "prices_looked_up": looked_up}
