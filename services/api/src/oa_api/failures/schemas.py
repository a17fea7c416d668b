"""Failures by cause: what is asked and how they look."""

from marshmallow import fields, validate

from oa_api.failures.failures import BY
from oa_api.http.fields import StrictSchema, Time, about, identifier
from oa_api.http.schemas import ResponseSchema


class FailureFilterSchema(StrictSchema):
    """GET /api/failure."""

    by = fields.String(
        load_default="code",
        validate=validate.OneOf(BY),
        metadata=about("What makes failures alike: their code, the host of the data, or the place.", "code"),
    )
    days = fields.Integer(
        load_default=7, validate=validate.Range(min=1, max=90), metadata=about("Of the last so many days.", 7)
    )
    run = identifier(load_default=None, metadata=about("Of this run, compared with those before it.", 1))
    live = fields.Boolean(load_default=None, metadata=about("Of live runs only, or of the others only.", True))


class FailureExampleSchema(ResponseSchema):
    """One job of a group."""

    job = fields.Integer(required=True, metadata=about("The job.", 1))
    run = fields.Integer(required=True, metadata=about("Its run.", 1))
    source_name = fields.String(required=True, metadata=about("Its source.", "us/ca/berkeley"))
    layer = fields.String(required=True)
    name = fields.String(required=True)
    code = fields.String(required=True, metadata=about("What it failed with.", "source.not_found"))
    message = fields.String(required=True, allow_none=True, metadata=about("In words."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When."))


class FailurePeriodSchema(ResponseSchema):
    """How many jobs failed so, in one period."""

    period = fields.String(required=True, metadata=about("A day, or the number of a run.", "2026-11-24"))
    jobs = fields.Integer(required=True, metadata=about("How many.", 4))


class FailureGroupSchema(ResponseSchema):
    """Failures that are alike."""

    key = fields.String(required=True, metadata=about("The code, host or place.", "upstream.timeout"))
    title = fields.String(required=True, metadata=about("The code in words; empty for a host or place."))
    hint = fields.String(required=True, metadata=about("What to do about it."))
    codes = fields.List(fields.String(), required=True, metadata=about("The codes in the group."))
    rerun_helps = fields.Boolean(
        required=True, metadata=about("Whether the jobs may succeed as they are; else something is to be mended first.")
    )
    jobs = fields.Integer(required=True, metadata=about("How many jobs stand failed now.", 12))
    sources = fields.Integer(required=True, metadata=about("Of how many sources.", 10))
    now = fields.Integer(required=True, metadata=about("How many failed so in these days or this run, mended too.", 14))
    before = fields.Integer(required=True, metadata=about("The same in as many days before, or the run before.", 3))
    series = fields.List(
        fields.Nested(FailurePeriodSchema), required=True, metadata=about("Day by day, or run by run.")
    )
    failing = fields.Integer(required=True, metadata=about("How many sources of live runs stand failed so now.", 9))
    failing_since = Time(required=True, allow_none=True, metadata=about("Since when the first of them does."))
    examples = fields.List(
        fields.Nested(FailureExampleSchema), required=True, metadata=about("The newest of three sources.")
    )


class FailureListSchema(ResponseSchema):
    """GET /api/failure; the 200 largest groups."""

    by = fields.String(required=True)
    failures = fields.List(fields.Nested(FailureGroupSchema), required=True)
