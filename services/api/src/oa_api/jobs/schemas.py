"""The schemas of responses about jobs."""

from marshmallow import fields, validate

from oa_api.http.fields import about
from oa_api.http.schemas import ListSchema, ResponseSchema, id_field, text_field, time_field
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import ALL_LAYERS, LAYERS, JobStatus


def _status() -> fields.String:
    return fields.String(
        required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("Status of the job.", "Success")
    )


class FailureSchema(ResponseSchema):
    """Why an attempt failed."""

    code = text_field("Failure code.", "source.not_found")
    message = text_field("Failure details.", "https://example.org/a.zip answered 404", allow_none=True)


class SameAttemptSchema(ResponseSchema):
    """The published attempt whose files a job keeps."""

    job = id_field("ID of the job.")
    attempt = fields.Integer(required=True, metadata=about("Number of the attempt.", 1))


class JobSchema(ResponseSchema):
    """A job with its latest attempt."""

    id = id_field("ID of the job.")
    run = id_field("ID of its run.")
    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(JobKind)),
        metadata=about("Job kind: the data of a source, or a product."),
    )
    source_name = text_field("Source: the path of its definition below `sources/`.", "us/ca/berkeley")
    source_url = text_field("URL of the definition.", allow_none=True)
    host = text_field("Host of its data.", "gis.example.org", allow_none=True)
    layer = fields.String(
        required=True,
        validate=validate.OneOf((*LAYERS, ALL_LAYERS)),
        metadata=about("Layer; `all` for a product of several layers."),
    )
    name = text_field("Entry of the layer.", "city")
    tier = fields.String(required=True, validate=validate.OneOf(list(Tier)), metadata=about("Container size."))
    status = _status()
    attempt = fields.Integer(required=True, metadata=about("Number of the latest attempt, from 1.", 1))
    files_deleted_at = time_field("When the files of the latest attempt were deleted.", allow_none=True)
    token = fields.String(metadata=about("Token of the attempt; only with the shared secret."))
    batch_job = text_field("AWS Batch job ID.", allow_none=True)
    created_at = time_field("Creation time.")
    updated_at = time_field("Time of the last change.")
    submitted_at = time_field("When AWS Batch accepted the attempt.", allow_none=True)
    started_at = time_field("When the container started.", allow_none=True)
    ended_at = time_field("When the attempt ended.", allow_none=True)
    progress = fields.Dict(required=True, allow_none=True, metadata=about("Progress of the attempt."))
    result = fields.Dict(required=True, allow_none=True, metadata=about("Result: counts, bounds, files."))
    force = fields.Boolean(
        required=True, metadata=about("Whether it writes new files even if its source has not changed.", False)
    )
    unchanged = fields.Boolean(
        required=True,
        attribute="is_unchanged",
        metadata=about("Whether its source had not changed, so that the published files stay.", False),
    )
    same_as = fields.Nested(
        SameAttemptSchema,
        required=True,
        allow_none=True,
        metadata=about("The published attempt whose files stay; null unless `unchanged`."),
    )
    live = fields.Boolean(required=True, metadata=about("Whether its run is live."))
    lane = fields.String(required=True, validate=validate.OneOf(list(Lane)))
    error = fields.Nested(FailureSchema, required=True, allow_none=True)
    output = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.String(),
        metadata=about("URLs of its files by name.", {"source.geojson.gz": "/api/job/1/output/source.geojson.gz"}),
    )


class AttemptSchema(ResponseSchema):
    """An attempt of a job."""

    attempt = fields.Integer(required=True)
    tier = fields.String(required=True)
    status = _status()
    batch_job = text_field("AWS Batch job ID.", allow_none=True)
    error_code = text_field("Failure code.", allow_none=True)
    error_message = text_field("Failure details.", allow_none=True)
    created_at = time_field("Creation time.")
    ended_at = time_field("End time.", allow_none=True)


class JobEventSchema(ResponseSchema):
    """An event of a job."""

    created_at = time_field("Time of the event.")
    attempt = fields.Integer(required=True)
    kind = text_field("Event kind.", "job.status")
    accepted = fields.Boolean(required=True, metadata=about("Whether the event changed the job."))
    reason = text_field("Reason for ignoring the event.", "other_attempt", allow_none=True)
    detail = fields.Dict(required=True, allow_none=True)


class ReviewReasonSchema(ResponseSchema):
    """Why the quality gate holds a job for review."""

    code = text_field("Code of the reason.", "count_dropped")
    message = text_field("Description of the reason.")
    state = text_field("`open`, `confirmed`, `rejected` or `superseded`.", "open")
    created_at = time_field("Creation time.")


class PauseOfJobSchema(ResponseSchema):
    """The pause that keeps a job from starting."""

    id = id_field("ID of the pause.")
    label = text_field("Scope and value.", "lane weekly")
    reason = text_field("Reason.", "the county asked us to wait")
    actor = text_field("Account that paused.", "ada")
    created_at = time_field("Time of the pause.")
    until = time_field("End of the pause; null until an operator ends it.", allow_none=True)


class JobDetailSchema(JobSchema):
    """A job with its attempts, its events, the review reasons, and the pause that it waits for."""

    attempts = fields.List(fields.Nested(AttemptSchema), required=True)
    events = fields.List(fields.Nested(JobEventSchema), required=True)
    review_reasons = fields.List(fields.Nested(ReviewReasonSchema), required=True)
    pause = fields.Nested(
        PauseOfJobSchema, required=True, allow_none=True, metadata=about("Pause that the job waits for; null without.")
    )


class AttemptStateSchema(ResponseSchema):
    """GET /api/job/{job}/state."""

    id = id_field("ID of the job.")
    run = id_field("ID of its run.")
    attempt = fields.Integer(required=True, metadata=about("Number of the latest attempt, from 1.", 1))
    token = text_field("Token of the attempt.", "0123456789abcdef0123456789abcdef")
    status = _status()
    owner = text_field(
        "Account of the run, or GitHub login of the author of its pull request: it has a share of the Batch queue.",
        "octocat",
    )


class ListedJobSchema(JobSchema):
    """A job in a list. `fields=all` adds the rest of its result, and `output`."""

    result = fields.Dict(
        required=True, allow_none=True, metadata=about("The number of features of the result.", {"count": 1000})
    )
    output = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata=about("URLs of its files by name, with `fields=all`.")
    )


class JobListSchema(ListSchema):
    """A page of jobs."""

    jobs = fields.List(fields.Nested(ListedJobSchema), required=True)


class ReportOutcomeSchema(ResponseSchema):
    """PATCH /api/job/{job}."""

    job = id_field("ID of the job.")
    outcome = text_field("New status of the job, or `retried`.", "Submitted")


class NewAttemptSchema(ResponseSchema):
    """POST /api/job/{job}/rerun."""

    job = id_field("ID of the job.")
    attempt = fields.Integer(required=True, metadata=about("Number of the new attempt.", 2))


class JobStatusSchema(ResponseSchema):
    """A job whose status an action has changed."""

    job = id_field("ID of the job.")
    status = _status()
