"""The page of time and cost of a run: seconds by phase, throughput, dollars."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.request_parsing import path_id
from oa_api.jobs import queries, run_statistics
from oa_api.ui.rendering import render


async def show_speed(request: web.Request) -> web.Response:
    """Show the time that the phases of a run took, and its cost."""
    run, database = path_id(request, "run"), request.app[DATABASE]
    title = (await queries.get_run(database, run)).title
    prices = run_statistics.prices_of(request.app[SETTINGS])
    return render(
        request,
        "reporting/speed.html",
        run=run,
        title=title,
        statistics=await run_statistics.measure(database, run),
        cost=await run_statistics.cost_of_run(database, run, prices),
        prices=prices,
    )
