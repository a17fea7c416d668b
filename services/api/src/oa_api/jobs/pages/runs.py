"""The page of runs, and the page of one run."""

from dataclasses import replace

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import path_id
from oa_api.jobs import queries
from oa_api.jobs.pages.jobs import bulk_url, find_jobs
from oa_api.jobs.pages.run_outcome import read_outcome
from oa_api.jobs.pages.run_views import run_views
from oa_api.jobs.refusals import list_refusals
from oa_api.jobs.request_schemas import JobFilterSchema, RunFilterSchema
from oa_api.jobs.requests import JobFilter
from oa_api.jobs.run_rows import RunRow
from oa_api.ui.lists import Listing, list_filter, make_listing
from oa_api.ui.rendering import render
from oa_shared.status import JobStatus

_NOT_FILTERS = frozenset({"cursor", "limit", "page"})
_OTHER_STATUSES = [str(status) for status in JobStatus if status is not JobStatus.FAIL]


async def list_runs(request: web.Request) -> web.Response:
    """Show a page of runs, newest first, with the filters of GET /api/run."""
    run_filter = await list_filter(request, RunFilterSchema())
    page = await queries.list_runs(request.app[DATABASE], run_filter)
    runs, views = make_listing(request, run_filter, page), run_views(page.rows)
    return render(request, "jobs/runs.html", run_filter=run_filter, runs=runs, views=views)


async def show_run(request: web.Request) -> web.Response:
    """Show what came of a run and a page of its jobs; without a filter its failed jobs come first."""
    database = request.app[DATABASE]
    run = await queries.get_run(database, path_id(request, "run"))
    job_filter = replace(await list_filter(request, JobFilterSchema()), run=run.id)
    is_filtered = any(value for name, value in request.query.items() if name not in _NOT_FILTERS)
    failed = None if is_filtered else await _list_failed(request, run, job_filter)
    listed = job_filter if is_filtered else replace(job_filter, status=_OTHER_STATUSES)
    return render(
        request,
        "jobs/run.html",
        run=run,
        related=await queries.get_related(database, run=run.id),
        outcome=await read_outcome(database, run),
        refusals=await list_refusals(database, run.id) if run.refused else [],
        job_filter=job_filter,
        failed=failed,
        jobs=await find_jobs(request, listed),
        bulk_url=bulk_url(request, run=run.id),
    )


async def _list_failed(request: web.Request, run: RunRow, job_filter: JobFilter) -> Listing | None:
    """Return the first failed jobs of a run, on the first page of its jobs."""
    if job_filter.cursor or not run.counts.get(JobStatus.FAIL):
        return None
    page = await queries.list_jobs(request.app[DATABASE], replace(job_filter, status=[JobStatus.FAIL]))
    return make_listing(request, job_filter, page)
