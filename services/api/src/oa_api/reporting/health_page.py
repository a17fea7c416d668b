"""The health grid as a page: how many datasets stand how, where, and which."""

from urllib.parse import urlencode

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.reporting import source_health
from oa_api.reporting.api import grid_filter
from oa_api.reporting.schemas import HealthFilterSchema
from oa_api.ui.lists import asked_of
from oa_api.ui.rendering import render

KINDS = {"healthy": "good", "stale": "warn", "failing": "bad", "never": ""}


async def show_health(request: web.Request) -> web.Response:
    """Show the grid: tiles of the states, the regions, and the datasets that match."""
    asked, database = await asked_of(request, HealthFilterSchema()), request.app[DATABASE]
    wanted = grid_filter(request, asked)
    rows = await source_health.read_states(database, wanted, cursor=asked["cursor"], limit=asked["limit"] + 1)
    shown = rows[: asked["limit"]]
    older = None
    if len(rows) > len(shown):
        key = " ".join(shown[-1][part] for part in ("source_name", "layer", "name"))
        older = str(request.rel_url.update_query(cursor=key))
    groups = await source_health.read_groups(database, wanted)
    return render(
        request,
        "reporting/health.html",
        asked=asked,
        groups=groups.rows,
        counts=groups.total,
        kinds=KINDS,
        datasets=shown,
        older=older,
        newest=str(request.rel_url.without_query_params("cursor")) if asked["cursor"] else None,
        stale_days=wanted.stale_days,
        rerun=_rerun(asked["prefix"], asked["layer"]),
    )


def _rerun(prefix: str | None, layer: str | None) -> str:
    """Return where all that fails in the latest live runs of this part of the grid can be run again."""
    chosen = {"action": "rerun", "status": "Fail", "source": prefix, "layer": layer, "live": "true"}
    return f"/bulk?{urlencode({name: value for name, value in chosen.items() if value})}"
