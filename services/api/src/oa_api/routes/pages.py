"""The pages of runs and jobs, and what every page is made with."""

from oa_api.assets import get_asset
from oa_api.identity.role import Role
from oa_api.pages import documentation, jobs, runs
from oa_api.routes.route import BYTES, HTML, JSON, PAGE, Route

PAGES = (
    Route("GET", "/runs", runs.list_runs, "Runs", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/runs/{run}", runs.show_run, "A run", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs", jobs.list_jobs, "Jobs", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/docs/pages", documentation.get_components, "Components", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/docs/pages/map.json", documentation.get_sample_map, "A map", (JSON,), PAGE, role=Role.ANYONE),
    Route(
        *("GET", "/static/{version}/{file}", get_asset, "Style and scripts of the pages", (BYTES,), PAGE),
        role=Role.ANYONE,
    ),
)
