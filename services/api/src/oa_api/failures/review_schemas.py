"""The schemas of results that need review."""

from marshmallow import fields, validate

from oa_api.failures.requests import Decision, QueuePlace, ReviewDecision, ReviewFilter, ReviewSelection
from oa_api.http.fields import RequestSchema, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import ListSchema, ReasonSchema, ResponseSchema
from oa_shared.status import LAYERS


class ReviewFieldsSchema(StrictSchema):
    """The fields that select jobs that need review."""

    run = identifier(load_default=None, metadata=about("Filter by run ID.", 1))
    source = Text(
        load_default=None,
        metadata=about("Source; a trailing slash selects every source with that prefix.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Layer."))
    code = Text(load_default=None, metadata=about("Code of a review reason.", "count_dropped"))


class ReviewSelectionSchema(ReviewFieldsSchema, RequestSchema[ReviewSelection]):
    """GET /api/job/error/count."""


class ReviewFilterSchema(ReviewFieldsSchema, RequestSchema[ReviewFilter]):
    """GET /api/job/error."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=100), metadata=about("Maximum number of items.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last job received."))


class QueuePlaceSchema(ReviewFieldsSchema, RequestSchema[QueuePlace]):
    """The page /review."""

    job = identifier(load_default=None, metadata=about("Job to show; default the newest.", 1))


class JobReviewReasonSchema(ResponseSchema):
    """A reason for the review of a job."""

    code = fields.String(required=True, metadata=about("Code of the reason.", "count_dropped"))
    message = fields.String(required=True, metadata=about("Description of the reason."))


class FigureSchema(ResponseSchema):
    """A number of the new result next to the published one."""

    what = fields.String(required=True, metadata=about("`features`, or a field whose values are counted."))
    now = fields.Integer(required=True, allow_none=True, metadata=about("In the result under review.", 80))
    published = fields.Integer(required=True, allow_none=True, metadata=about("In the published data.", 100))


class JobForReviewSchema(ResponseSchema):
    """A job whose result needs review."""

    job = fields.Integer(required=True, metadata=about("Job ID.", 1))
    run = fields.Integer(required=True, metadata=about("Run ID.", 1))
    source_name = fields.String(required=True, metadata=about("Source.", "us/ca/berkeley"))
    layer = fields.String(required=True)
    name = fields.String(required=True)
    ended_at = Time(required=True, allow_none=True, metadata=about("When the job ended."))
    created_at = Time(required=True, allow_none=True, metadata=about("Time of the first review reason."))
    errors = fields.List(fields.Nested(JobReviewReasonSchema), required=True, metadata=about("Reasons for the review."))
    figures = fields.List(fields.Nested(FigureSchema), required=True, metadata=about("New and published numbers."))
    published_job = fields.Integer(required=True, allow_none=True, metadata=about("Job of the published data."))
    published_at = Time(required=True, allow_none=True, metadata=about("When that was published."))


class JobForReviewListSchema(ListSchema):
    """GET /api/job/error."""

    errors = fields.List(fields.Nested(JobForReviewSchema), required=True)


class ReviewCountSchema(ResponseSchema):
    """GET /api/job/error/count."""

    count = fields.Integer(required=True, metadata=about("Number of jobs that need review; at most 10,000.", 2))


class ReviewDecisionSchema(ReasonSchema, RequestSchema[ReviewDecision]):
    """POST /api/job/{job}/review."""

    moderate = fields.Enum(
        Decision,
        by_value=True,
        required=True,
        metadata=about("`confirm` to publish the result, `reject` to mark the job as failed.", "confirm"),
    )
