"""How answers look."""

from marshmallow import fields, validate

from oa_api.http.fields import about
from oa_api.http.schemas import ListSchema, ResponseSchema, id_field, text_field, time_field
from oa_api.jobs.request_schemas import RUN_ENDED
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import ALL_LAYERS, LAYERS, JobStatus

RUN_STATUSES = ("Pending", "Running", RUN_ENDED)


def _status() -> fields.String:
    return fields.String(
        required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("Where the job stands.", "Success")
    )


class JobCountsSchema(ResponseSchema):
    """How many jobs are in each status."""

    Pending = fields.Integer(required=True)
    Submitted = fields.Integer(required=True)
    Running = fields.Integer(required=True)
    Success = fields.Integer(required=True)
    Warn = fields.Integer(required=True)
    Fail = fields.Integer(required=True)
    Cancelled = fields.Integer(required=True)
    total = fields.Integer(required=True)


class RunSchema(ResponseSchema):
    """A run."""

    id = id_field("The number of the run.")
    created_at = time_field("When it was made.")
    live = fields.Boolean(required=True, metadata=about("Whether what succeeds is published."))
    lane = fields.String(required=True, validate=validate.OneOf(list(Lane)), metadata=about("The Batch queue."))
    sample = fields.Integer(
        required=True, allow_none=True, metadata=about("How many features its jobs look at; null when they make data.")
    )
    closed_at = time_field("Since when it takes no more jobs.", allow_none=True)
    closed = fields.Boolean(required=True, metadata=about("Whether it takes no more jobs."))
    github = fields.Dict(required=True, allow_none=True, metadata=about("What started it."))
    status = fields.String(
        required=True,
        validate=validate.OneOf(RUN_STATUSES),
        metadata=about("`Pending`: it has no jobs; `Running`: some have not ended; `Ended`: all have.", "Running"),
    )
    jobs = fields.Nested(JobCountsSchema, required=True)


class RunListSchema(ListSchema):
    """A page of runs."""

    runs = fields.List(fields.Nested(RunSchema), required=True)


class RunCountSchema(ResponseSchema):
    """GET /api/run/{run}/count."""

    run = id_field("The number of the run.")
    status = fields.String(required=True, validate=validate.OneOf(RUN_STATUSES))
    count = fields.Nested(JobCountsSchema, required=True)


class RefusalSchema(ResponseSchema):
    """Why an element, or one entry of its definition, has no job."""

    index = fields.Integer(required=True, metadata=about("The place of the element in the request, from 0.", 0))
    source = text_field("The element, as far as it can be named.", "https://example.org/a.json")
    code = text_field("The kind of refusal.", "source.schema")
    message = text_field("Why.", "unknown layer 'roads'")
    pointer = text_field(
        "Where in the definition, as a JSON pointer; empty for the whole of it.", "/layers/addresses/0"
    )


class CreatedJobsSchema(ResponseSchema):
    """POST /api/run/{run}/jobs."""

    run = id_field("The number of the run.")
    jobs = fields.List(fields.Integer(), required=True, metadata=about("The numbers of the jobs made.", [1, 2]))
    errors = fields.List(fields.Nested(RefusalSchema), required=True)


class FailureSchema(ResponseSchema):
    """Why a job failed."""

    code = text_field("A code of the closed vocabulary.", "source.not_found")
    message = text_field("The reason, in words.", "https://example.org/a.zip answered 404", allow_none=True)


class JobSchema(ResponseSchema):
    """A job, as lists show it."""

    id = id_field("The number of the job.")
    run = id_field("The run that it belongs to.")
    kind = fields.String(
        required=True, validate=validate.OneOf(list(JobKind)), metadata=about("What it makes: data, or a product.")
    )
    source_name = text_field("The path of the definition below `sources/`.", "us/ca/berkeley")
    source_url = text_field("Where the definition came from.", allow_none=True)
    host = text_field("The host that its data comes from.", "gis.example.org", allow_none=True)
    layer = fields.String(
        required=True,
        validate=validate.OneOf((*LAYERS, ALL_LAYERS)),
        metadata=about("The layer; `all` for a product of several."),
    )
    name = text_field("The entry inside the layer.", "city")
    tier = fields.String(required=True, validate=validate.OneOf(list(Tier)), metadata=about("The size of machine."))
    status = _status()
    attempt = fields.Integer(required=True, metadata=about("The latest attempt, from 1.", 1))
    files_deleted_at = time_field("Since when the files of its latest attempt are not kept any more.", allow_none=True)
    token = fields.String(metadata=about("The token of the attempt; only with the shared secret."))
    batch_job = text_field("Its id in AWS Batch.", allow_none=True)
    created_at = time_field("When it was made.")
    updated_at = time_field("When it last changed.")
    submitted_at = time_field("When Batch accepted the attempt.", allow_none=True)
    started_at = time_field("When the container started.", allow_none=True)
    ended_at = time_field("When the attempt ended.", allow_none=True)
    progress = fields.Dict(required=True, allow_none=True, metadata=about("How far the attempt is."))
    result = fields.Dict(required=True, allow_none=True, metadata=about("What came out: counts, bounds, files."))
    live = fields.Boolean(required=True, metadata=about("Whether its run is live."))
    lane = fields.String(required=True, validate=validate.OneOf(list(Lane)))
    error = fields.Nested(FailureSchema, required=True, allow_none=True)
    output = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.String(),
        metadata=about("Links to its files.", {"source.geojson.gz": "/api/job/1/output/source.geojson.gz"}),
    )


class AttemptSchema(ResponseSchema):
    """One try of a job."""

    attempt = fields.Integer(required=True)
    tier = fields.String(required=True)
    status = _status()
    batch_job = text_field("Its id in AWS Batch.", allow_none=True)
    error_code = text_field("Why it failed.", allow_none=True)
    error_message = text_field("Why it failed, in words.", allow_none=True)
    created_at = time_field("When it was opened.")
    ended_at = time_field("When it ended.", allow_none=True)


class EventSchema(ResponseSchema):
    """Something that was heard of a job."""

    created_at = time_field("When it was heard.")
    attempt = fields.Integer(required=True)
    kind = text_field("From whom.", "job.status")
    accepted = fields.Boolean(required=True, metadata=about("Whether it changed the job."))
    reason = text_field("Why it was ignored.", "other_attempt", allow_none=True)
    detail = fields.Dict(required=True, allow_none=True)


class ConcernSchema(ResponseSchema):
    """Why the quality gate holds a job back."""

    code = text_field("The kind of concern.", "count_dropped")
    message = text_field("The concern in words.")
    state = text_field("`open`, `confirmed`, `rejected` or `superseded`.", "open")
    created_at = time_field("Since when.")


class JobDetailSchema(JobSchema):
    """A job with everything about it."""

    attempts = fields.List(fields.Nested(AttemptSchema), required=True)
    events = fields.List(fields.Nested(EventSchema), required=True)
    held_back = fields.List(fields.Nested(ConcernSchema), required=True)


class JobListSchema(ListSchema):
    """A page of jobs."""

    jobs = fields.List(fields.Nested(JobSchema), required=True)


class MovedSchema(ResponseSchema):
    """PATCH /api/job/{job}."""

    job = id_field("The number of the job.")
    outcome = text_field("What became of the report: a status, or `retried`.", "Submitted")


class OpenedSchema(ResponseSchema):
    """POST /api/job/{job}/rerun."""

    job = id_field("The number of the job.")
    attempt = fields.Integer(required=True, metadata=about("The attempt that was opened.", 2))


class SettledSchema(ResponseSchema):
    """A job whose status was set by hand."""

    job = id_field("The number of the job.")
    status = _status()
