"""The schemas of runs in responses."""

from marshmallow import fields, validate

from oa_api.http.fields import about
from oa_api.http.schemas import ListSchema, ResponseSchema, id_field, text_field, time_field
from oa_api.jobs.run_rows import RUN_ENDED
from oa_shared.scheduling import Lane

RUN_STATUSES = ("Pending", "Running", RUN_ENDED)


class JobCountsSchema(ResponseSchema):
    """The number of jobs in each status."""

    Pending = fields.Integer(required=True)
    Submitted = fields.Integer(required=True)
    Running = fields.Integer(required=True)
    Success = fields.Integer(required=True)
    Warn = fields.Integer(required=True)
    Fail = fields.Integer(required=True)
    Canceled = fields.Integer(required=True)
    total = fields.Integer(required=True)


class RunSchema(ResponseSchema):
    """A run."""

    id = id_field("ID of the run.")
    name = text_field(
        "Purpose of the run; empty for a run without jobs, and for runs of versions without names.", "Weekly 2026-W48"
    )
    created_at = time_field("Creation time.")
    ended_at = time_field("When its last job ended; null while jobs are open.", allow_none=True)
    live = fields.Boolean(required=True, metadata=about("Whether the results of successful jobs are published."))
    lane = fields.String(required=True, validate=validate.OneOf(list(Lane)), metadata=about("Batch queue."))
    sample = fields.Integer(
        required=True, allow_none=True, metadata=about("Number of features that its jobs process; null for full runs.")
    )
    force = fields.Boolean(
        required=True, metadata=about("Whether its jobs write new files even if their sources have not changed.", False)
    )
    closed_at = time_field("When it stopped accepting jobs.", allow_none=True)
    closed = fields.Boolean(required=True, metadata=about("Whether it accepts no more jobs."))
    github = fields.Dict(required=True, allow_none=True, metadata=about("Origin of the run."))
    status = fields.String(
        required=True,
        validate=validate.OneOf(RUN_STATUSES),
        metadata=about(
            "`Pending`: open and without jobs; `Running`: some jobs have not ended; `Ended`: all others.",
            "Running",
        ),
    )
    jobs = fields.Nested(JobCountsSchema, required=True)
    acknowledged = fields.Integer(
        required=True, metadata=about("Number of its failed jobs that operators have acknowledged.", 0)
    )
    refused = fields.Integer(
        required=True, metadata=about("Number of its refusals: of definitions, entries and entire requests.", 0)
    )


class RefusalSchema(ResponseSchema):
    """Why a definition, an entry of it, or an entire request got no job of a run."""

    source = text_field("Name or URL of the definition, or `the request`.", "https://example.org/a.json")
    code = text_field("Code of the refusal.", "source.schema")
    message = text_field("Reason of the refusal.", "unknown layer 'roads'")
    hint = text_field("Next step; empty where the message states it.", "Correct the definition.")
    pointer = text_field("JSON pointer into the definition; empty for all of it.", "/layers/addresses/0")


class DetailedRunSchema(RunSchema):
    """A run with its refusals."""

    refusals = fields.List(
        fields.Nested(RefusalSchema), required=True, metadata=about("The first 100 refusals, by source.", [])
    )


class RunListSchema(ListSchema):
    """A page of runs."""

    runs = fields.List(fields.Nested(RunSchema), required=True)


class RunCountSchema(ResponseSchema):
    """GET /api/run/{run}/count."""

    run = id_field("ID of the run.")
    status = fields.String(required=True, validate=validate.OneOf(RUN_STATUSES))
    count = fields.Nested(JobCountsSchema, required=True)


class RejectionSchema(ResponseSchema):
    """Why an element, or one entry of its definition, gets no job."""

    index = fields.Integer(required=True, metadata=about("Position of the element in the request, from 0.", 0))
    source = text_field("Name or URL of the element.", "https://example.org/a.json")
    code = text_field("Code of the rejection.", "source.schema")
    message = text_field("Reason of the rejection.", "unknown layer 'roads'")
    pointer = text_field("JSON pointer into the definition; empty for all of it.", "/layers/addresses/0")


class CreatedJobsSchema(ResponseSchema):
    """POST /api/run/{run}/jobs."""

    run = id_field("ID of the run.")
    jobs = fields.List(
        fields.Integer(),
        required=True,
        metadata=about("IDs of the jobs of the request, in the order of its entries: created now or before.", [1, 2]),
    )
    existing = fields.List(
        fields.Integer(),
        required=True,
        metadata=about("IDs among `jobs` that the run had before the request: nothing is created for them.", [2]),
    )
    different = fields.List(
        fields.Integer(),
        required=True,
        metadata=about(
            "IDs among `jobs` whose definition is another one than the request has. The run keeps the first definition "
            "of an entry: create a run for the other one.",
            [],
        ),
    )
    errors = fields.List(fields.Nested(RejectionSchema), required=True)
