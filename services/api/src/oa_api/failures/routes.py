"""The routes of failures and reviews."""

from oa_api.failures import api, pages, review_page
from oa_api.failures.review_schemas import (
    JobForReviewListSchema,
    ReviewCountSchema,
    ReviewDecisionSchema,
    ReviewFilterSchema,
    ReviewSelectionSchema,
)
from oa_api.failures.schemas import FailureFilterSchema, FailureListSchema
from oa_api.http.routing import form, get, page, post
from oa_api.jobs.schemas import JobStatusSchema
from oa_shared.roles import Role

API = (
    get(
        "/api/failure",
        api.list_failures,
        "Group failures by cause",
        response=FailureListSchema,
        tag="jobs",
        description=(
            "By code, host of the data or place: the number of failed jobs, the trend, since when, with examples, and "
            "whether a rerun may help. Covers the last days, or a run next to previous ones."
        ),
        query=FailureFilterSchema,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    get(
        "/api/job/error",
        api.list_errors,
        "List jobs that need review",
        operation_id="listJobsForReview",
        response=JobForReviewListSchema,
        tag="jobs",
        description="With the reasons of the quality gate, and figures next to the published ones.",
        query=ReviewFilterSchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/job/error/count",
        api.count_errors,
        "Count jobs that need review",
        operation_id="countJobsForReview",
        description="Number of jobs in `GET /api/job/error` with the same filter.",
        response=ReviewCountSchema,
        tag="jobs",
        query=ReviewSelectionSchema,
        role=Role.ANYONE,
    ),
    post(
        "/api/job/{job}/review",
        api.post_error,
        "Publish or reject a result",
        operation_id="reviewJob",
        description="Publishes the result, or rejects it; the decision is final.",
        former_path="/api/job/error/{job}",
        response=JobStatusSchema,
        tag="jobs",
        body=ReviewDecisionSchema,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
)
PAGES = (
    page("/errors", pages.show_errors, "Errors", role=Role.ANYONE),
    page("/review", review_page.show_review, "Review", role=Role.ANYONE),
    form("/review/{job}", review_page.post_review, "Decide on a job of the queue", role=Role.MODERATOR),
    form("/errors/{job}", pages.post_decision, "Decide", role=Role.MODERATOR),
)
ROUTES = (*API, *PAGES)
