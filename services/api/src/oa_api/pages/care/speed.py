"""Time and cost of a run as a page: seconds by phase, throughput, dollars."""

from aiohttp import web

from oa_api.errors import NotFoundError
from oa_api.pages.rendering import render
from oa_api.reporting import measures
from oa_api.requests import path_id
from oa_api.services import DATABASE, SETTINGS
from oa_api.store.queries import queries

_SQL = queries("reads")


async def show_speed(request: web.Request) -> web.Response:
    """Show where the time of a run went, and what it cost."""
    run, database = path_id(request, "run"), request.app[DATABASE]
    if await database.first(_SQL["run"], {"run": run}) is None:
        raise NotFoundError(f"there is no run {run}")
    prices = measures.prices_of(request.app[SETTINGS])
    return render(
        request,
        "care/speed.html",
        run=run,
        measured=await measures.measure(database, run),
        cost=await measures.cost_of_run(database, run, prices),
        prices=prices,
    )
