"""GET /api/failure, and the endpoints below /api/job/error."""

from aiohttp import web

from oa_api.failures import failures, review
from oa_api.failures.review_schemas import (
    JobForReviewSchema,
    ReviewCountSchema,
    ReviewDecisionSchema,
    ReviewFilterSchema,
    ReviewSelectionSchema,
)
from oa_api.failures.rows import ReviewRow
from oa_api.failures.schemas import FailureFilterSchema
from oa_api.failures.serializers import serialize_group
from oa_api.http.app_keys import DATABASE
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.schemas import JobStatusSchema

_JOB_FOR_REVIEW = JobForReviewSchema()


async def list_failures(request: web.Request) -> web.Response:
    """Return failures grouped by cause."""
    failure_filter = await read_query(request, FailureFilterSchema())
    groups = await failures.group_failures(request.app[DATABASE], failure_filter)
    return web.json_response({"by": failure_filter.by, "failures": [serialize_group(group) for group in groups]})


async def list_errors(request: web.Request) -> web.Response:
    """Return a page of jobs that need review, newest first."""
    review_filter = await read_query(request, ReviewFilterSchema())
    page = await review.list_for_review(request.app[DATABASE], review_filter)
    return list_response(request, review_filter, "errors", page, serialize=_JOB_FOR_REVIEW.dump, cursor_of=_job_id)


def _job_id(job: ReviewRow) -> int:
    return job.id


async def count_errors(request: web.Request) -> web.Response:
    """Return how many jobs need review."""
    selection = await read_query(request, ReviewSelectionSchema())
    total = await review.count_for_review(request.app[DATABASE], selection)
    return web.json_response(ReviewCountSchema().dump({"count": total.rows}))


async def post_error(request: web.Request) -> web.Response:
    """Publish or reject the result of a job that needs review."""
    job, decision = path_id(request, "job"), await read_body(request, ReviewDecisionSchema())
    status = await review.decide(request.app[DATABASE], job, decision, by=request[PRINCIPAL])
    return web.json_response(JobStatusSchema().dump({"job": job, "status": status}))
