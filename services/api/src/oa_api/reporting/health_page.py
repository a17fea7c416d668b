"""The page of the health grid: states, regions and datasets."""

from urllib.parse import urlencode

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.reporting import source_health
from oa_api.reporting.requests import HealthFilter
from oa_api.reporting.schemas import HealthFilterSchema
from oa_api.reporting.source_health import GridFilter, HealthState
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render

STYLES = {HealthState.HEALTHY: "good", HealthState.STALE: "warn", HealthState.FAILING: "bad", HealthState.NEVER: ""}


async def show_health(request: web.Request) -> web.Response:
    """Show the number of datasets in each state, the regions, and the datasets that match."""
    health_filter, database = await list_filter(request, HealthFilterSchema()), request.app[DATABASE]
    grid_filter = GridFilter.of(health_filter, request.app[SETTINGS])
    page = await source_health.list_states(
        database, grid_filter, cursor=health_filter.cursor, limit=health_filter.limit
    )
    groups = await source_health.count_groups(database, grid_filter)
    return render(
        request,
        "reporting/health.html",
        health_filter=health_filter,
        groups=groups.rows,
        counts=groups.total,
        styles=STYLES,
        datasets=make_listing(request, health_filter, page, cursor_of=lambda dataset: dataset.cursor),
        stale_days=grid_filter.stale_days,
        rerun_url=_rerun_url(health_filter),
    )


def _rerun_url(health_filter: HealthFilter) -> str:
    """Return the URL of the bulk action that reruns the failed jobs of this part of the grid."""
    values = {
        "action": "rerun",
        "status": "Fail",
        "source": health_filter.prefix,
        "layer": health_filter.layer,
        "live": "true",
    }
    return f"/bulk?{urlencode({name: value for name, value in values.items() if value})}"
