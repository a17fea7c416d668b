"""The endpoints below /api/run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from functools import partial

import structlog
from aiohttp import web

from oa_api.definitions.examiner import EXAMINER
from oa_api.definitions.fetcher import FETCHER
from oa_api.http.app_keys import DATABASE
from oa_api.http.conditional import respond_conditionally
from oa_api.http.errors import BadRequestError, InvalidError, TooLargeError, UnsupportedTypeError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.paging import list_response
from oa_api.http.problem import TRACEPARENT
from oa_api.http.request_parsing import path_id, read_body, read_json_bytes, read_query
from oa_api.identity.authorization import is_trusted
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import job_creation, queries, runs
from oa_api.jobs.element_planning import plan_posted
from oa_api.jobs.planning import Rejection
from oa_api.jobs.refusals import WHOLE_REQUEST, list_refusals
from oa_api.jobs.request_schemas import JobFilterSchema, NewJobsSchema, NewRunSchema, RunChangeSchema, RunFilterSchema
from oa_api.jobs.run_schemas import CreatedJobsSchema, RunCountSchema
from oa_api.jobs.serializers import serialize_detailed_run, serialize_listed_job, serialize_run


async def list_runs(request: web.Request) -> web.Response:
    """Return a page of runs, newest first."""
    run_filter = await read_query(request, RunFilterSchema())
    page = await queries.list_runs(request.app[DATABASE], run_filter)
    return list_response(request, run_filter, "runs", page, serialize=serialize_run)


async def get_run(request: web.Request) -> web.Response:
    """Return one run with its status, counts and refusals, or 304."""
    return respond_conditionally(request, await _run_response(request, path_id(request, "run")))


async def post_run(request: web.Request) -> web.Response:
    """Create a run."""
    new_run = await read_body(request, NewRunSchema())
    idempotency = await read_idempotency_key(request, "run", owner=request[PRINCIPAL].owner)
    run = await runs.create_run(request.app[DATABASE], new_run, idempotency, by=request[PRINCIPAL])
    structlog.contextvars.bind_contextvars(run_id=run)
    return await _run_response(request, run)


async def patch_run(request: web.Request) -> web.Response:
    """Change a run: live, closed, github."""
    run, change = path_id(request, "run"), await read_body(request, RunChangeSchema())
    await runs.change_run(request.app[DATABASE], run, change, by=request[PRINCIPAL])
    return await _run_response(request, run)


async def _run_response(request: web.Request, run: int) -> web.Response:
    database = request.app[DATABASE]
    row = await queries.get_run(database, run)
    return web.json_response(serialize_detailed_run(row, await list_refusals(database, run) if row.refused else []))


async def post_jobs(request: web.Request) -> web.Response:
    """Create the jobs that a run lacks; `errors` names the elements and entries that get none."""
    async with _keep_refusal(request):
        body = await read_json_bytes(request, limit=NewJobsSchema.max_bytes)
    return web.json_response(CreatedJobsSchema().dump(await create_posted_jobs(request, body)))


@asynccontextmanager
async def _keep_refusal(request: web.Request) -> AsyncIterator[None]:
    """Keep with the run of the path why a request as a whole creates no jobs."""
    try:
        yield
    except (BadRequestError, InvalidError, TooLargeError, UnsupportedTypeError) as error:
        refusal = Rejection(0, WHOLE_REQUEST, error.code, error.detail)
        database, run = request.app[DATABASE], path_id(request, "run")
        await job_creation.refuse_jobs(database, run, [refusal], by=request[PRINCIPAL])
        raise


async def create_posted_jobs(request: web.Request, body: bytes) -> object:
    """Create jobs from the JSON of a NewJobsSchema in the run of the path; return what CreatedJobsSchema describes."""
    run, database, by = path_id(request, "run"), request.app[DATABASE], request[PRINCIPAL]
    idempotency = await read_idempotency_key(request, f"run/{run}/jobs", owner=by.owner)
    earlier = await job_creation.check_before_fetch(database, run, idempotency, by=by)
    if earlier is not None:
        return earlier
    async with _keep_refusal(request):
        plan = await plan_posted(body, request.app[FETCHER], request.app[EXAMINER])
    if not plan.jobs:
        await job_creation.refuse_jobs(database, run, plan.rejections, by=by)
        raise InvalidError(
            "no jobs were created: every definition was refused",
            fields={"jobs": [asdict(item) for item in plan.rejections]},
        )
    return await job_creation.create_jobs(
        database, run, plan, idempotency=idempotency, traceparent=request[TRACEPARENT], by=by
    )


async def list_jobs_of_run(request: web.Request) -> web.Response:
    """Return a page of a run's jobs."""
    run, database = path_id(request, "run"), request.app[DATABASE]
    job_filter = await read_query(request, JobFilterSchema())
    if job_filter.run not in (None, run):
        raise InvalidError("run is already given in the path", fields={"run": ["Remove it from the query."]})
    job_filter = replace(job_filter, run=run)
    await queries.get_run(database, run)
    page = await queries.list_jobs(database, job_filter)
    serialize = partial(serialize_listed_job, with_token=is_trusted(request), shape=job_filter.fields)
    return list_response(request, job_filter, "jobs", page, serialize=serialize)


async def count_jobs_of_run(request: web.Request) -> web.Response:
    """Return the number of jobs of a run in each status."""
    run = await queries.get_run(request.app[DATABASE], path_id(request, "run"))
    return web.json_response(RunCountSchema().dump({"run": run.id, "status": run.status, "count": run.jobs}))
