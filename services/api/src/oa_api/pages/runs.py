"""Runs as pages: the list, and one run with its jobs."""

from aiohttp import web

from oa_api.errors import NotFoundError
from oa_api.handlers import paging
from oa_api.pages.jobs import find_jobs, to_all
from oa_api.pages.lists import asked_of, listing
from oa_api.pages.rendering import render
from oa_api.pages.run_rows import run_row, run_rows
from oa_api.requests import path_id
from oa_api.schemas.requests import JobFilter, RunFilter
from oa_api.services import DATABASE
from oa_api.store.queries import queries

_SQL = queries("reads")


async def list_runs(request: web.Request) -> web.Response:
    """Return a page of runs, newest first, by the filters of GET /api/run."""
    asked, database = await asked_of(request, RunFilter()), request.app[DATABASE]
    values = paging.parameters(asked)
    rows = run_rows(await database.all(paging.statement("runs", asked), values))
    runs = listing(request, asked, rows, await paging.total_runs(database, values))
    return render(request, "runs/list.html", asked=asked, runs=runs)


async def show_run(request: web.Request) -> web.Response:
    """Return one run with its counts and a page of its jobs."""
    run = path_id(request, "run")
    asked = {**await asked_of(request, JobFilter()), "run": run}
    row = await request.app[DATABASE].first(_SQL["run"], {"run": run})
    if row is None:
        raise NotFoundError(f"there is no run {run}")
    jobs, bulk = await find_jobs(request, asked), to_all(request, run=run)
    return render(request, "runs/run.html", run=run_row(row), asked=asked, jobs=jobs, bulk=bulk)
