"""The endpoints below /api/run."""

from dataclasses import asdict
from typing import Any

import structlog
from aiohttp import web

from oa_api import jobs
from oa_api.authorisation import is_trusted
from oa_api.errors import InvalidError, NotFoundError
from oa_api.handlers import paging
from oa_api.handlers.idempotency import once as once_of
from oa_api.identity.principal import PRINCIPAL
from oa_api.problem import TRACEPARENT
from oa_api.representation import job_view, run_view
from oa_api.requests import body, path_id, query
from oa_api.resolution import resolve
from oa_api.schemas.answers import CreatedJobs, RunCount
from oa_api.schemas.requests import JobFilter, NewJobs, NewRun, RunChange, RunFilter
from oa_api.services import DATABASE, FETCHER
from oa_api.store.database import Database
from oa_api.store.queries import queries

_SQL = queries("reads")


async def list_runs(request: web.Request) -> web.Response:
    """Return a page of runs, newest first."""
    asked, database = await query(request, RunFilter()), request.app[DATABASE]
    values = paging.parameters(asked)
    total = await paging.total_runs(database, values)
    rows = [run_view(row) for row in await database.all(paging.statement("runs", asked), values)]
    return paging.answer(request, asked, "runs", rows, total=total)


async def get_run(request: web.Request) -> web.Response:
    """Return one run with its status and counts."""
    return web.json_response(await _view(request.app[DATABASE], path_id(request, "run")))


async def post_run(request: web.Request) -> web.Response:
    """Create a run."""
    asked = await body(request, NewRun())
    once = await once_of(request, "run")
    made = await jobs.create_run(request.app[DATABASE], asked, once, by=request[PRINCIPAL])
    structlog.contextvars.bind_contextvars(run_id=made["id"])
    return web.json_response(await _view(request.app[DATABASE], made["id"]))


async def patch_run(request: web.Request) -> web.Response:
    """Change a run: live, closed, github."""
    run = path_id(request, "run")
    asked = await body(request, RunChange())
    await jobs.change_run(request.app[DATABASE], run, asked, by=request[PRINCIPAL])
    return web.json_response(await _view(request.app[DATABASE], run))


async def post_jobs(request: web.Request) -> web.Response:
    """Create the jobs of a run; what cannot have one is named in `errors`."""
    run, database = path_id(request, "run"), request.app[DATABASE]
    asked = await body(request, NewJobs())
    once = await once_of(request, f"run/{run}/jobs")
    earlier = await jobs.look_for_work(database, run, once, by=request[PRINCIPAL])
    if earlier is not None:
        return web.json_response(earlier)
    resolution = await resolve(asked["jobs"], request.app[FETCHER])
    errors = [asdict(refusal) for refusal in resolution.refusals]
    if not resolution.jobs:
        raise InvalidError("not one of the elements can have a job", fields={"jobs": errors})
    answer = await jobs.create_jobs(
        *(database, run, resolution.jobs),
        errors=errors,
        once=once,
        traceparent=request[TRACEPARENT],
        by=request[PRINCIPAL],
    )
    return web.json_response(CreatedJobs().dump(answer))


async def list_jobs_of_run(request: web.Request) -> web.Response:
    """Return a page of a run's jobs."""
    run, database = path_id(request, "run"), request.app[DATABASE]
    asked = await query(request, JobFilter())
    if asked["run"] not in (None, run):
        raise InvalidError("the path names the run already", fields={"run": ["Leave it out."]})
    asked["run"] = run
    await _view(database, run)
    values = paging.parameters(asked)
    total = await paging.total_jobs(database, values)
    trusted = is_trusted(request)
    rows = [job_view(row, trusted=trusted) for row in await database.all(paging.statement("jobs", asked), values)]
    return paging.answer(request, asked, "jobs", rows, total=total)


async def count_jobs_of_run(request: web.Request) -> web.Response:
    """Return how many jobs of a run are in each status."""
    view = await _view(request.app[DATABASE], path_id(request, "run"))
    return web.json_response(RunCount().dump({"run": view["id"], "status": view["status"], "count": view["jobs"]}))


async def _view(database: Database, run: int) -> Any:
    row = await database.first(_SQL["run"], {"run": run})
    if row is None:
        raise NotFoundError(f"there is no run {run}")
    return run_view(row)
