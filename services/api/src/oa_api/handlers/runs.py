"""The endpoints below /api/run."""

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from aiohttp import web

from oa_api import jobs
from oa_api.authorisation import is_trusted
from oa_api.errors import InvalidError, NotFoundError
from oa_api.handlers import paging
from oa_api.problem import TRACEPARENT
from oa_api.representation import job_view, run_view
from oa_api.requests import JOBS_BODY_BYTES, SMALL_BODY_BYTES, body, path_id, query, raw_body
from oa_api.resolution import resolve
from oa_api.schemas import JobFilter, NewJobs, NewRun, RunChange, RunFilter
from oa_api.services import DATABASE, FETCHER
from oa_api.store.database import Database, Row
from oa_api.store.queries import queries

_SQL = queries("reads")
_MAX_KEY = 200


async def list_runs(request: web.Request) -> web.Response:
    """Return a page of runs, newest first."""
    asked = query(request, RunFilter())
    database = request.app[DATABASE]
    values = paging.parameters(asked)
    total = await database.first(_SQL["count_runs"], values)
    views = await _views(database, await database.all(_SQL["runs"], values))
    if asked["status"]:
        views = [view for view in views if set(asked["status"]) & {s for s, n in view["jobs"].items() if n}]
    return paging.answer(request, asked, "runs", views, total=total["total"] if total else 0)


async def get_run(request: web.Request) -> web.Response:
    """Return one run with its status and counts."""
    return web.json_response(await _view(request.app[DATABASE], path_id(request, "run")))


async def post_run(request: web.Request) -> web.Response:
    """Create a run."""
    asked = await body(request, NewRun())
    once = await _once(request, "run", SMALL_BODY_BYTES)
    made = await jobs.create_run(request.app[DATABASE], asked, once)
    return web.json_response(await _view(request.app[DATABASE], made["id"]))


async def patch_run(request: web.Request) -> web.Response:
    """Change a run: live, closed, github."""
    run = path_id(request, "run")
    await jobs.change_run(request.app[DATABASE], run, await body(request, RunChange()))
    return web.json_response(await _view(request.app[DATABASE], run))


async def post_jobs(request: web.Request) -> web.Response:
    """Create the jobs of a run; what cannot have one is named in `errors`."""
    run = path_id(request, "run")
    asked = await body(request, NewJobs(), limit=JOBS_BODY_BYTES)
    once = await _once(request, f"run/{run}/jobs", JOBS_BODY_BYTES)
    await _view(request.app[DATABASE], run)
    resolution = await resolve(asked["jobs"], request.app[FETCHER])
    errors = [asdict(refusal) for refusal in resolution.refusals]
    if not resolution.jobs:
        raise InvalidError("not one of the elements can have a job", fields={"jobs": errors})
    answer = await jobs.create_jobs(
        request.app[DATABASE], run, resolution.jobs, errors=errors, once=once, traceparent=request[TRACEPARENT]
    )
    return web.json_response(answer)


async def list_jobs_of_run(request: web.Request) -> web.Response:
    """Return a page of a run's jobs."""
    asked = {**query(request, JobFilter()), "run": path_id(request, "run")}
    database = request.app[DATABASE]
    await _view(database, asked["run"])
    values = paging.parameters(asked)
    total = await database.first(_SQL["count_jobs"], values)
    trusted = is_trusted(request)
    rows = [job_view(row, trusted=trusted) for row in await database.all(_SQL["jobs"], values)]
    return paging.answer(request, asked, "jobs", rows, total=total["total"] if total else 0)


async def count_jobs_of_run(request: web.Request) -> web.Response:
    """Return how many jobs of a run are in each status."""
    view = await _view(request.app[DATABASE], path_id(request, "run"))
    return web.json_response({"run": view["id"], "status": view["status"], "count": view["jobs"]})


async def _once(request: web.Request, route: str, limit: int) -> jobs.Idempotency:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isprintable()):
        raise InvalidError(f"Idempotency-Key is 1 to {_MAX_KEY} printable characters")
    return jobs.Idempotency(key, route, await raw_body(request, limit=limit))


async def _view(database: Database, run: int) -> Row:
    values: dict[str, Any] = dict.fromkeys(("live", "before", "after", "cursor"))
    rows = await database.all(_SQL["runs"], {**values, "run": run, "limit": 1, "offset": 0})
    if not rows:
        raise NotFoundError(f"there is no run {run}")
    return (await _views(database, rows))[0]


async def _views(database: Database, rows: list[Row]) -> list[Row]:
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for row in await database.all(_SQL["counts_of_runs"], {"runs": [row["id"] for row in rows]}):
        counts[row["run_id"]][row["status"]] = row["jobs"]
    return [run_view(row, counts[row["id"]]) for row in rows]
