"""Runs in the form of openaddresses/batch."""

import json

from aiohttp import web

from oa_api.compatibility import queries
from oa_api.compatibility.request_fields import read_query_v1
from oa_api.compatibility.request_schemas import NewRunV1Schema, RunChangeV1Schema, RunListV1Schema
from oa_api.compatibility.schemas import CreatedJobsV1Schema
from oa_api.compatibility.serializers import job_v1, list_run_v1, run_v1
from oa_api.compatibility.statuses import status_counts_v1
from oa_api.http.app_keys import DATABASE
from oa_api.http.cross_origin import own_origin
from oa_api.http.errors import BadRequestError
from oa_api.http.idempotency import read_idempotency_key
from oa_api.http.request_parsing import path_id, read_body, read_json_bytes
from oa_api.http.safe_json import NotJsonError, decode
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import queries as own_queries
from oa_api.jobs import runs
from oa_api.jobs.request_schemas import NewJobsSchema
from oa_api.jobs.requests import NewRun, RunChange
from oa_api.jobs.run_api import create_posted_jobs
from oa_shared.large_bodies import run_by_size


async def list_runs(request: web.Request) -> web.Response:
    """Return a page of runs."""
    page = await queries.list_runs(request.app[DATABASE], await read_query_v1(request, RunListV1Schema()))
    listed = [list_run_v1(run) for run in page.rows]
    return web.json_response({"total": page.total.rows if page.total else len(listed), "runs": listed})


async def get_run(request: web.Request) -> web.Response:
    """Return one run."""
    return web.json_response(run_v1(await own_queries.get_run(request.app[DATABASE], path_id(request, "run"))))


async def post_run(request: web.Request) -> web.Response:
    """Create a run."""
    new_run, by = await read_body(request, NewRunV1Schema()), request[PRINCIPAL]
    idempotency = await read_idempotency_key(request, "run", owner=by.owner)
    created = NewRun(live=new_run.live, github=new_run.github)
    run = await runs.create_run(request.app[DATABASE], created, idempotency, by=by)
    return web.json_response(run_v1(await own_queries.get_run(request.app[DATABASE], run)))


async def patch_run(request: web.Request) -> web.Response:
    """Change a run; one that becomes live publishes the jobs that it has at this moment."""
    run, change, database = (
        path_id(request, "run"),
        await read_body(request, RunChangeV1Schema()),
        request.app[DATABASE],
    )
    before = await own_queries.get_run(database, run)
    expected = before.jobs["total"] if change.live and not before.live else None
    new_values = RunChange(live=change.live, expected_jobs=expected, closed=change.closed, github=change.github)
    await runs.change_run(database, run, new_values, by=request[PRINCIPAL])
    return web.json_response(run_v1(await own_queries.get_run(database, run)))


async def count_jobs(request: web.Request) -> web.Response:
    """Return the number of jobs of a run by status."""
    run = await own_queries.get_run(request.app[DATABASE], path_id(request, "run"))
    return web.json_response({"run": run.id, "status": status_counts_v1(run.counts)})


async def list_jobs_of_run(request: web.Request) -> web.Response:
    """Return the jobs of a run."""
    database, origin = request.app[DATABASE], str(own_origin(request))
    run = await own_queries.get_run(database, path_id(request, "run"))
    parts = [
        ", ".join(json.dumps(job_v1(job, origin=origin)) for job in jobs)
        async for jobs in queries.read_jobs_of_run(database, run.id)
    ]
    text = f'{{"run": {run.id}, "jobs": [{", ".join(filter(None, parts))}]}}'
    return web.Response(text=text, content_type="application/json")


async def post_jobs(request: web.Request) -> web.Response:
    """Create jobs; their `license` is ignored, since the definition states it. Raises BadRequestError."""
    raw = await read_json_bytes(request, limit=NewJobsSchema.max_bytes)
    created = await create_posted_jobs(request, await run_by_size(len(raw), _without_licenses, raw))
    return web.json_response(CreatedJobsV1Schema().dump(created))


def _without_licenses(raw: bytes) -> bytes:
    try:
        body = decode(raw)
    except NotJsonError as error:
        raise BadRequestError(f"the body is not JSON: {error.detail}") from error
    jobs = body.get("jobs") if isinstance(body, dict) else None
    if not isinstance(jobs, list):
        return raw
    elements = [_without_license(job) if isinstance(job, dict) else job for job in jobs]
    return json.dumps({**body, "jobs": elements}).encode() if isinstance(body, dict) else raw


def _without_license(element: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in element.items() if name != "license"}
