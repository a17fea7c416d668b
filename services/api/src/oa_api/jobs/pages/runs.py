"""The page of runs, and the page of one run."""

from dataclasses import replace

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import path_id
from oa_api.jobs import queries
from oa_api.jobs.pages.jobs import bulk_url, find_jobs
from oa_api.jobs.pages.run_views import run_view, run_views
from oa_api.jobs.request_schemas import JobFilterSchema, RunFilterSchema
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render


async def list_runs(request: web.Request) -> web.Response:
    """Show a page of runs, newest first, with the filters of GET /api/run."""
    run_filter = await list_filter(request, RunFilterSchema())
    page = await queries.list_runs(request.app[DATABASE], run_filter)
    runs, views = make_listing(request, run_filter, page), run_views(page.rows)
    return render(request, "jobs/runs.html", run_filter=run_filter, runs=runs, views=views)


async def show_run(request: web.Request) -> web.Response:
    """Show a run with its counts and a page of its jobs."""
    run = await queries.get_run(request.app[DATABASE], path_id(request, "run"))
    job_filter = replace(await list_filter(request, JobFilterSchema()), run=run.id)
    return render(
        request,
        "jobs/run.html",
        run=run,
        related=await queries.get_related(request.app[DATABASE], run=run.id),
        segments=run_view(run).segments,
        job_filter=job_filter,
        jobs=await find_jobs(request, job_filter),
        bulk_url=bulk_url(request, run=run.id),
    )
