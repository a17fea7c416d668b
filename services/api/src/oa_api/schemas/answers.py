"""How answers look."""

from marshmallow import Schema, fields, validate

from oa_api.schemas.fields import Time, about
from oa_api.schemas.requests import RUN_ENDED
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import ALL_LAYERS, LAYERS, JobStatus

RUN_STATUSES = ("Pending", "Running", RUN_ENDED)


class Answer(Schema):
    """All fields in the order in which they are declared."""


def _id(what: str) -> fields.Integer:
    return fields.Integer(required=True, metadata=about(what, 1))


def _text(what: str, *examples: str, allow_none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=allow_none, metadata=about(what, *examples))


def _time(what: str, *, allow_none: bool = False) -> Time:
    return Time(required=True, allow_none=allow_none, metadata=about(what, "2026-11-24T12:00:00.123456Z"))


def _status() -> fields.String:
    return fields.String(
        required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("Where the job stands.", "Success")
    )


class Problem(Answer):
    """RFC 9457: what is wrong."""

    type = _text("A name for the kind of problem.", "about:blank#not_found")
    code = _text("The same name, bare.", "not_found")
    title = _text("The kind of problem, in words.", "There is no such thing.")
    status = fields.Integer(required=True, metadata=about("The HTTP status.", 404))
    detail = _text("What happened this time.", "there is no job 7")
    message = _text("The same as `detail`, for older clients.", "there is no job 7")
    errors = fields.Dict(required=True, keys=fields.String(), metadata=about("From fields to what is wrong with them."))


class Version(Answer):
    """GET /api."""

    version = _text("The version of the API.", "1.0.0")


class Duty(Answer):
    """A background duty."""

    at = _time("When it last worked.")
    age_s = fields.Float(required=True, metadata=about("How many seconds ago that was.", 1.5))


class Health(Answer):
    """GET /."""

    status = _text("`ok` or `unhealthy`.", "ok")
    problems = fields.List(fields.String(), required=True, metadata=about("What is wrong, in words."))
    duties = fields.Dict(
        required=True, keys=fields.String(), values=fields.Nested(Duty), metadata=about("By the name of the duty.")
    )
    paused = fields.List(
        fields.String(), required=True, metadata=about("What operators hold back.", ["all", "host gis.example.org"])
    )


class JobCounts(Answer):
    """How many jobs are in each status."""

    Pending = fields.Integer(required=True)
    Submitted = fields.Integer(required=True)
    Running = fields.Integer(required=True)
    Success = fields.Integer(required=True)
    Warn = fields.Integer(required=True)
    Fail = fields.Integer(required=True)
    Cancelled = fields.Integer(required=True)
    total = fields.Integer(required=True)


class Run(Answer):
    """A run."""

    id = _id("The number of the run.")
    created_at = _time("When it was made.")
    live = fields.Boolean(required=True, metadata=about("Whether what succeeds is published."))
    lane = fields.String(required=True, validate=validate.OneOf(list(Lane)), metadata=about("The Batch queue."))
    sample = fields.Integer(
        required=True, allow_none=True, metadata=about("How many features its jobs look at; null when they make data.")
    )
    closed_at = _time("Since when it takes no more jobs.", allow_none=True)
    closed = fields.Boolean(required=True, metadata=about("Whether it takes no more jobs."))
    github = fields.Dict(required=True, allow_none=True, metadata=about("What started it."))
    status = fields.String(
        required=True,
        validate=validate.OneOf(RUN_STATUSES),
        metadata=about("`Pending`: it has no jobs; `Running`: some have not ended; `Ended`: all have.", "Running"),
    )
    jobs = fields.Nested(JobCounts, required=True)


class _List(Answer):
    total = fields.Integer(required=True, metadata=about("How many there are in all.", 5000))
    total_is_estimate = fields.Boolean(
        required=True, metadata=about("Whether counting stopped early: there are at least `total`.", False)
    )


class RunList(_List):
    """A page of runs."""

    runs = fields.List(fields.Nested(Run), required=True)


class RunCount(Answer):
    """GET /api/run/{run}/count."""

    run = _id("The number of the run.")
    status = fields.String(required=True, validate=validate.OneOf(RUN_STATUSES))
    count = fields.Nested(JobCounts, required=True)


class Refusal(Answer):
    """Why an element, or one entry of its definition, has no job."""

    index = fields.Integer(required=True, metadata=about("The place of the element in the request, from 0.", 0))
    source = _text("The element, as far as it can be named.", "https://example.org/a.json")
    code = _text("The kind of refusal.", "source.schema")
    message = _text("Why.", "unknown layer 'roads'")
    pointer = _text("Where in the definition, as a JSON pointer; empty for the whole of it.", "/layers/addresses/0")


class CreatedJobs(Answer):
    """POST /api/run/{run}/jobs."""

    run = _id("The number of the run.")
    jobs = fields.List(fields.Integer(), required=True, metadata=about("The numbers of the jobs made.", [1, 2]))
    errors = fields.List(fields.Nested(Refusal), required=True)


class Failure(Answer):
    """Why a job failed."""

    code = _text("A code of the closed vocabulary.", "source.not_found")
    message = _text("The reason, in words.", "https://example.org/a.zip answered 404", allow_none=True)


class Job(Answer):
    """A job, as lists show it."""

    id = _id("The number of the job.")
    run = _id("The run that it belongs to.")
    kind = fields.String(
        required=True, validate=validate.OneOf(list(JobKind)), metadata=about("What it makes: data, or a product.")
    )
    source_name = _text("The path of the definition below `sources/`.", "us/ca/berkeley")
    source_url = _text("Where the definition came from.", allow_none=True)
    host = _text("The host that its data comes from.", "gis.example.org", allow_none=True)
    layer = fields.String(
        required=True,
        validate=validate.OneOf((*LAYERS, ALL_LAYERS)),
        metadata=about("The layer; `all` for a product of several."),
    )
    name = _text("The entry inside the layer.", "city")
    tier = fields.String(required=True, validate=validate.OneOf(list(Tier)), metadata=about("The size of machine."))
    status = _status()
    attempt = fields.Integer(required=True, metadata=about("The latest attempt, from 1.", 1))
    files_deleted_at = _time("Since when the files of its latest attempt are not kept any more.", allow_none=True)
    token = fields.String(metadata=about("The token of the attempt; only with the shared secret."))
    batch_job = _text("Its id in AWS Batch.", allow_none=True)
    created_at = _time("When it was made.")
    updated_at = _time("When it last changed.")
    submitted_at = _time("When Batch accepted the attempt.", allow_none=True)
    started_at = _time("When the container started.", allow_none=True)
    ended_at = _time("When the attempt ended.", allow_none=True)
    progress = fields.Dict(required=True, allow_none=True, metadata=about("How far the attempt is."))
    result = fields.Dict(required=True, allow_none=True, metadata=about("What came out: counts, bounds, files."))
    live = fields.Boolean(required=True, metadata=about("Whether its run is live."))
    lane = fields.String(required=True, validate=validate.OneOf(list(Lane)))
    error = fields.Nested(Failure, required=True, allow_none=True)
    output = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.String(),
        metadata=about("Links to its files.", {"source.geojson.gz": "/api/job/1/output/source.geojson.gz"}),
    )


class Attempt(Answer):
    """One try of a job."""

    attempt = fields.Integer(required=True)
    tier = fields.String(required=True)
    status = _status()
    batch_job = _text("Its id in AWS Batch.", allow_none=True)
    error_code = _text("Why it failed.", allow_none=True)
    error_message = _text("Why it failed, in words.", allow_none=True)
    created_at = _time("When it was opened.")
    ended_at = _time("When it ended.", allow_none=True)


class Event(Answer):
    """Something that was heard of a job."""

    at = _time("When it was heard.")
    attempt = fields.Integer(required=True)
    kind = _text("From whom.", "job.status")
    accepted = fields.Boolean(required=True, metadata=about("Whether it changed the job."))
    reason = _text("Why it was ignored.", "other_attempt", allow_none=True)
    detail = fields.Dict(required=True, allow_none=True)


class Concern(Answer):
    """Why the quality gate holds a job back."""

    code = _text("The kind of concern.", "count_dropped")
    message = _text("The concern in words.")
    state = _text("`open`, `confirmed`, `rejected` or `superseded`.", "open")
    created_at = _time("Since when.")


class JobDetail(Job):
    """A job with everything about it."""

    attempts = fields.List(fields.Nested(Attempt), required=True)
    events = fields.List(fields.Nested(Event), required=True)
    held_back = fields.List(fields.Nested(Concern), required=True)


class JobList(_List):
    """A page of jobs."""

    jobs = fields.List(fields.Nested(Job), required=True)


class Moved(Answer):
    """PATCH /api/job/{job}."""

    job = _id("The number of the job.")
    outcome = _text("What became of the report: a status, or `retried`.", "Submitted")


class Opened(Answer):
    """POST /api/job/{job}/rerun."""

    job = _id("The number of the job.")
    attempt = fields.Integer(required=True, metadata=about("The attempt that was opened.", 2))


class Settled(Answer):
    """A job whose status was set by hand."""

    job = _id("The number of the job.")
    status = _status()
