"""The pages of runs and jobs, and what every page is made with."""

from oa_api.assets import get_asset
from oa_api.pages import documentation, jobs, runs
from oa_api.pages.job import actions, changes, definition, log, summary
from oa_api.pages.job import input as input_page
from oa_api.routes.route import BYTES, HTML, JSON, PAGE, Route
from oa_shared.roles import Role

PAGES = (
    Route("GET", "/runs", runs.list_runs, "Runs", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/runs/{run}", runs.show_run, "A run", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs", jobs.list_jobs, "Jobs", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs/{job}", summary.show_job, "A job", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs/{job}/log", log.show_log, "Its log", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs/{job}/input", input_page.show_input, "Its input", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs/{job}/changes", changes.show_changes, "Its changes", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs/{job}/changes.json", changes.get_places, "Where", (JSON,), PAGE, role=Role.ANYONE),
    Route("GET", "/jobs/{job}/definition", definition.show_definition, "Its lines", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/jobs/{job}/rerun", actions.post_rerun, "Run it again", (HTML,), PAGE, role=Role.AUTHOR),
    Route("POST", "/jobs/{job}/cancel", actions.post_cancel, "Cancel it", (HTML,), PAGE, role=Role.AUTHOR),
    Route("POST", "/jobs/{job}/confirm", actions.post_confirm, "Publish it", (HTML,), PAGE, role=Role.MODERATOR),
    Route("POST", "/jobs/{job}/reject", actions.post_reject, "Reject it", (HTML,), PAGE, role=Role.MODERATOR),
    Route("GET", "/docs/pages", documentation.get_components, "Components", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/docs/pages/map.json", documentation.get_sample_map, "A map", (JSON,), PAGE, role=Role.ANYONE),
    Route(
        *("GET", "/static/{version}/{file}", get_asset, "Style and scripts of the pages", (BYTES,), PAGE),
        role=Role.ANYONE,
    ),
)
