"""The routes of failures."""

from oa_api.failures import api, pages, review_api
from oa_api.failures.review_schemas import (
    DecisionSchema,
    HeldBackCountSchema,
    HeldBackFilterSchema,
    HeldBackListSchema,
    HeldBackSelectionSchema,
)
from oa_api.failures.schemas import FailureFilterSchema, FailureListSchema
from oa_api.http.routing import form, get, page, post
from oa_api.jobs.schemas import JobStatusSchema
from oa_shared.roles import Role

API = (
    get(
        "/api/failure",
        api.list_failures,
        "Failures by their cause",
        answer=FailureListSchema,
        tag="jobs",
        description=(
            "By code, host of the data or place: how many jobs stand failed, whether more do than before, since "
            "when, with examples, and whether running them again can help. Of the last days, or of a run beside "
            "those before."
        ),
        query=FailureFilterSchema,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    get(
        "/api/job/error",
        review_api.list_errors,
        "Jobs that are held back",
        answer=HeldBackListSchema,
        tag="jobs",
        description="What the quality gate has against each, and its figures beside what is published.",
        query=HeldBackFilterSchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/job/error/count",
        review_api.count_errors,
        "How many are held back",
        answer=HeldBackCountSchema,
        tag="jobs",
        query=HeldBackSelectionSchema,
        role=Role.ANYONE,
    ),
    post(
        "/api/job/error/{job}",
        review_api.post_error,
        "Decide on a held-back job",
        answer=JobStatusSchema,
        tag="jobs",
        body=DecisionSchema,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
)
PAGES = (
    page("/errors", pages.show_errors, "Errors", role=Role.ANYONE),
    form("/errors/{job}", pages.post_decision, "Decide", role=Role.MODERATOR),
)
ROUTES = (*API, *PAGES)
