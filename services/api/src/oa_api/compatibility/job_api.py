"""Jobs in the form of openaddresses/batch: lists, one job, its reviews and its comparison with published data."""

from aiohttp import web

from oa_api.compatibility import data_queries, queries
from oa_api.compatibility.geometry import make_polygon, measure_area, read_box, subtract_box
from oa_api.compatibility.request_fields import read_query_v1
from oa_api.compatibility.request_schemas import (
    ErrorListV1Schema,
    JobListV1Schema,
    ModerationV1Schema,
    OrphanListV1Schema,
)
from oa_api.compatibility.serializers import error_v1, job_v1, list_job_v1, stats_v1
from oa_api.failures import review
from oa_api.failures.requests import Decision, ReviewDecision
from oa_api.http.app_keys import DATABASE
from oa_api.http.cross_origin import own_origin
from oa_api.http.errors import BadRequestError
from oa_api.http.request_parsing import path_id, read_body
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import actions
from oa_api.jobs import queries as own_queries
from oa_api.jobs.rows import JobRow
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus

_SOURCE_KIND = "source"


async def list_jobs(request: web.Request) -> web.Response:
    """Return a page of jobs."""
    job_list, origin = await read_query_v1(request, JobListV1Schema()), str(own_origin(request))
    page = await queries.list_jobs(request.app[DATABASE], job_list)
    jobs = [list_job_v1(job, origin=origin) for job in page.rows]
    return web.json_response({"total": page.total.rows if page.total else len(jobs), "jobs": jobs})


async def list_orphans(request: web.Request) -> web.Response:
    """Return a page of jobs of sources without a dataset."""
    orphan_list, origin = await read_query_v1(request, OrphanListV1Schema()), str(own_origin(request))
    page = await queries.list_orphans(request.app[DATABASE], orphan_list)
    jobs = [list_job_v1(job, origin=origin) for job in page.rows]
    return web.json_response({"total": page.total.rows if page.total else len(jobs), "jobs": jobs})


async def get_job(request: web.Request) -> web.Response:
    """Return one job with its license."""
    database, origin = request.app[DATABASE], str(own_origin(request))
    job = await own_queries.get_job(database, path_id(request, "job"))
    place = await data_queries.find_place(database, job.source_name)
    license_ = None
    if job.kind == _SOURCE_KIND:
        license_ = await database.run(
            lambda transaction: own_queries.get_license(transaction, job.id, layer=job.layer, name=job.name)
        )
    return web.json_response(job_v1(job, origin=origin, place=place, license_=license_))


async def get_delta(request: web.Request) -> web.Response:
    """Return a job next to the published one of its source. Raises BadRequestError without either."""
    database = request.app[DATABASE]
    job = await own_queries.get_job(database, path_id(request, "job"))
    if job.status != JobStatus.SUCCESS:
        raise BadRequestError(f"job {job.id} is {job.status}, not Success: only a finished job can be compared")
    published = await own_queries.get_published_job(database, job)
    if published is None:
        raise BadRequestError(f"job {job.id} has no published job to compare with")
    return web.json_response(_compare(job, await own_queries.get_job(database, published.job)))


async def post_rerun(request: web.Request) -> web.Response:
    """Start a new attempt of an ended job, which keeps its ID and its run."""
    job, by, database = path_id(request, "job"), request[PRINCIPAL], request.app[DATABASE]
    await database.run(lambda transaction: actions.rerun(transaction, job, by=by))
    row = await own_queries.get_job(database, job)
    return web.json_response({"run": row.run, "jobs": [job], "errors": []})


async def list_errors(request: web.Request) -> web.Response:
    """Return a page of jobs that need review."""
    error_list = await read_query_v1(request, ErrorListV1Schema())
    page = await queries.list_errors(request.app[DATABASE], error_list)
    errors = [error_v1(error) for error in page.rows]
    return web.json_response({"total": page.total.rows if page.total else len(errors), "errors": errors})


async def get_error(request: web.Request) -> web.Response:
    """Return a job that needs review, with the reasons."""
    return web.json_response(error_v1(await queries.get_error(request.app[DATABASE], path_id(request, "job"))))


async def post_error(request: web.Request) -> web.Response:
    """Publish or reject the result of a job that needs review."""
    job, moderation = path_id(request, "job"), await read_body(request, ModerationV1Schema())
    decision = ReviewDecision(moderate=Decision(moderation.moderate))
    await review.decide(request.app[DATABASE], job, decision, by=request[PRINCIPAL])
    return web.json_response({"job": job, "moderate": moderation.moderate})


def _compare(job: JobRow, published: JobRow) -> JsonObject:
    boxes = [read_box((row.result or {}).get("bounds")) for row in (job, published)]
    outside = subtract_box(boxes[1], boxes[0])
    job_figures, published_figures = _figures(job), _figures(published)
    return {
        "compare": job_figures,
        "master": published_figures,
        "delta": {
            "count": _count(published) - _count(job),
            "stats": _subtract(stats_v1(job.result or {}), stats_v1(published.result or {})),
            "bounds": {
                "area": measure_area(boxes[1]) - measure_area(boxes[0]),
                "diff_area": outside or 0,
                "geom": outside,
            },
        },
    }


def _figures(job: JobRow) -> JsonObject:
    box = read_box((job.result or {}).get("bounds"))
    bounds = {"area": measure_area(box), "geom": make_polygon(box)}
    return {"id": job.id, "count": _count(job), "stats": stats_v1(job.result or {}), "bounds": bounds}


def _count(job: JobRow) -> int:
    count = (job.result or {}).get("count")
    return count if isinstance(count, int) else 0


def _subtract(stats: JsonObject, published: JsonObject) -> JsonObject:
    """Return each number of the job minus the published one, which counts as 0 if it is missing."""
    difference: JsonObject = {}
    for name, value in stats.items():
        other = published.get(name)
        if isinstance(value, dict):
            difference[name] = _subtract(value, other if isinstance(other, dict) else {})
        elif isinstance(value, int):
            difference[name] = value - (other if isinstance(other, int) else 0)
    return difference
