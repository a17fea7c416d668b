"""Runs as pages: the list, and one run with its jobs."""

from aiohttp import web

from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import path_id
from oa_api.jobs import filters
from oa_api.jobs.pages.jobs import find_jobs, to_all
from oa_api.jobs.pages.run_rows import run_row, run_rows
from oa_api.jobs.request_schemas import JobFilterSchema, RunFilterSchema
from oa_api.ui.lists import asked_of, listing
from oa_api.ui.rendering import render

_SQL = load_queries("jobs.reads")


async def list_runs(request: web.Request) -> web.Response:
    """Return a page of runs, newest first, by the filters of GET /api/run."""
    asked, database = await asked_of(request, RunFilterSchema()), request.app[DATABASE]
    values = filters.list_parameters(asked)
    rows = run_rows(await database.all(filters.list_statement("runs", asked), values))
    runs = listing(request, asked, rows, await filters.total_runs(database, values))
    return render(request, "jobs/runs.html", asked=asked, runs=runs)


async def show_run(request: web.Request) -> web.Response:
    """Return one run with its counts and a page of its jobs."""
    run = path_id(request, "run")
    asked = {**await asked_of(request, JobFilterSchema()), "run": run}
    row = await request.app[DATABASE].first(_SQL["run"], {"run": run})
    if row is None:
        raise NotFoundError(f"there is no run {run}")
    jobs, bulk = await find_jobs(request, asked), to_all(request, run=run)
    return render(request, "jobs/run.html", run=run_row(row), asked=asked, jobs=jobs, bulk=bulk)
