"""The schemas of failures grouped by cause."""

from marshmallow import fields, validate

from oa_api.failures.requests import FailureFilter, GroupBy
from oa_api.http.fields import RequestSchema, Time, about, identifier
from oa_api.http.schemas import ResponseSchema


class FailureFilterSchema(RequestSchema[FailureFilter]):
    """GET /api/failure."""

    by = fields.Enum(
        GroupBy,
        by_value=True,
        load_default=GroupBy.CODE,
        metadata=about("Group by code, host of the data, or place of the source.", "code"),
    )
    days = fields.Integer(
        load_default=7, validate=validate.Range(min=1, max=90), metadata=about("Period in days, until now.", 7)
    )
    run = identifier(load_default=None, metadata=about("Run, compared with previous runs of its kind.", 1))
    live = fields.Boolean(load_default=None, metadata=about("Only live runs, or only trial runs.", True))


class FailureExampleSchema(ResponseSchema):
    """A failed job of a group."""

    job = fields.Integer(required=True, metadata=about("Job ID.", 1))
    run = fields.Integer(required=True, metadata=about("Run ID.", 1))
    source_name = fields.String(required=True, metadata=about("Source.", "us/ca/berkeley"))
    layer = fields.String(required=True)
    name = fields.String(required=True)
    code = fields.String(required=True, metadata=about("Failure code.", "source.not_found"))
    message = fields.String(required=True, allow_none=True, metadata=about("Failure message."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When the job ended."))


class FailurePeriodSchema(ResponseSchema):
    """The failed jobs of a group in one period."""

    period = fields.String(required=True, metadata=about("Day, or run ID.", "2026-11-24"))
    jobs = fields.Integer(required=True, metadata=about("Number of failed jobs.", 4))


class FailureGroupSchema(ResponseSchema):
    """Failed jobs with one cause."""

    key = fields.String(required=True, metadata=about("Code, host or place.", "upstream.timeout"))
    title = fields.String(required=True, metadata=about("Title of the code; empty for a host or place."))
    hint = fields.String(required=True, metadata=about("Next step; empty for a host or place."))
    codes = fields.List(fields.String(), required=True, metadata=about("Failure codes in the group."))
    rerun_helps = fields.Boolean(
        required=True, metadata=about("Whether a rerun may succeed without a change of the source.")
    )
    jobs = fields.Integer(required=True, metadata=about("Number of jobs that are failed now.", 12))
    sources = fields.Integer(required=True, metadata=about("Number of their sources.", 10))
    now = fields.Integer(
        required=True,
        metadata=about(
            "Failures in this period or run, with jobs that succeeded later, without acknowledged ones.", 14
        ),
    )
    before = fields.Integer(required=True, metadata=about("The same for the previous period or run.", 3))
    series = fields.List(fields.Nested(FailurePeriodSchema), required=True, metadata=about("Trend by day or run."))
    failing = fields.Integer(
        required=True, metadata=about("Number of entries whose latest job of a live run failed for this cause.", 9)
    )
    failing_since = Time(required=True, allow_none=True, metadata=about("Time of the first of these failures."))
    acknowledged = fields.Integer(
        required=True, metadata=about("Number of these jobs whose failure an operator has acknowledged.", 2)
    )
    examples = fields.List(
        fields.Nested(FailureExampleSchema),
        required=True,
        metadata=about("Latest failed job of each of three sources."),
    )


class FailureListSchema(ResponseSchema):
    """GET /api/failure; the 200 largest groups."""

    by = fields.String(required=True)
    failures = fields.List(fields.Nested(FailureGroupSchema), required=True)
