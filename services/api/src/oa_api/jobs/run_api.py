"""The endpoints below /api/run."""

from dataclasses import asdict
from typing import Any

import structlog
from aiohttp import web

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.definitions.fetcher import FETCHER
from oa_api.http import paging
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import InvalidError, NotFoundError
from oa_api.http.idempotency import read_idempotency_key as once_of
from oa_api.http.problem import TRACEPARENT
from oa_api.http.request_parsing import body, path_id, query
from oa_api.identity.authorization import is_trusted
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import filters, job_creation
from oa_api.jobs.planning import resolve
from oa_api.jobs.request_schemas import JobFilterSchema, NewJobsSchema, NewRunSchema, RunChangeSchema, RunFilterSchema
from oa_api.jobs.schemas import CreatedJobsSchema, RunCountSchema
from oa_api.jobs.serializers import serialize_job, serialize_run

_SQL = load_queries("jobs.reads")


async def list_runs(request: web.Request) -> web.Response:
    """Return a page of runs, newest first."""
    asked, database = await query(request, RunFilterSchema()), request.app[DATABASE]
    values = filters.list_parameters(asked)
    total = await filters.total_runs(database, values)
    rows = [serialize_run(row) for row in await database.all(filters.list_statement("runs", asked), values)]
    return paging.page_response(request, asked, "runs", rows, total=total)


async def get_run(request: web.Request) -> web.Response:
    """Return one run with its status and counts."""
    return web.json_response(await _view(request.app[DATABASE], path_id(request, "run")))


async def post_run(request: web.Request) -> web.Response:
    """Create a run."""
    asked = await body(request, NewRunSchema())
    once = await once_of(request, "run")
    made = await job_creation.create_run(request.app[DATABASE], asked, once, by=request[PRINCIPAL])
    structlog.contextvars.bind_contextvars(run_id=made["id"])
    return web.json_response(await _view(request.app[DATABASE], made["id"]))


async def patch_run(request: web.Request) -> web.Response:
    """Change a run: live, closed, github."""
    run = path_id(request, "run")
    asked = await body(request, RunChangeSchema())
    await job_creation.change_run(request.app[DATABASE], run, asked, by=request[PRINCIPAL])
    return web.json_response(await _view(request.app[DATABASE], run))


async def post_jobs(request: web.Request) -> web.Response:
    """Create the jobs of a run; what cannot have one is named in `errors`."""
    run, database = path_id(request, "run"), request.app[DATABASE]
    asked = await body(request, NewJobsSchema())
    once = await once_of(request, f"run/{run}/jobs")
    earlier = await job_creation.check_before_fetch(database, run, once, by=request[PRINCIPAL])
    if earlier is not None:
        return web.json_response(earlier)
    resolution = await resolve(asked["jobs"], request.app[FETCHER])
    errors = [asdict(refusal) for refusal in resolution.refusals]
    if not resolution.jobs:
        raise InvalidError("not one of the elements can have a job", fields={"jobs": errors})
    answer = await job_creation.create_jobs(
        *(database, run, resolution.jobs),
        errors=errors,
        once=once,
        traceparent=request[TRACEPARENT],
        by=request[PRINCIPAL],
    )
    return web.json_response(CreatedJobsSchema().dump(answer))


async def list_jobs_of_run(request: web.Request) -> web.Response:
    """Return a page of a run's jobs."""
    run, database = path_id(request, "run"), request.app[DATABASE]
    asked = await query(request, JobFilterSchema())
    if asked["run"] not in (None, run):
        raise InvalidError("the path names the run already", fields={"run": ["Leave it out."]})
    asked["run"] = run
    await _view(database, run)
    values = filters.list_parameters(asked)
    total = await filters.total_jobs(database, values)
    trusted = is_trusted(request)
    rows = [
        serialize_job(row, trusted=trusted) for row in await database.all(filters.list_statement("jobs", asked), values)
    ]
    return paging.page_response(request, asked, "jobs", rows, total=total)


async def count_jobs_of_run(request: web.Request) -> web.Response:
    """Return how many jobs of a run are in each status."""
    view = await _view(request.app[DATABASE], path_id(request, "run"))
    return web.json_response(
        RunCountSchema().dump({"run": view["id"], "status": view["status"], "count": view["jobs"]})
    )


async def _view(database: Database, run: int) -> Any:
    row = await database.first(_SQL["run"], {"run": run})
    if row is None:
        raise NotFoundError(f"there is no run {run}")
    return serialize_run(row)
