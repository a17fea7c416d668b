"""The schemas of /api/schedule."""

from marshmallow import fields, validate

from oa_api.http.fields import RequestSchema, Text, Time, about, identifier
from oa_api.http.schemas import MAX_LIMIT, ResponseSchema
from oa_api.schedules.requests import ScheduleRunFilter, Trigger
from oa_shared.schedule_types import ScheduleType

STATES = ("Waiting", "Working", "Done", "Failed")


class TriggerSchema(RequestSchema[Trigger]):
    """POST /api/schedule."""

    type = fields.Enum(ScheduleType, by_value=True, required=True, metadata=about("Type of the schedule.", "sources"))
    period = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"[\w.:+-]{1,64}\Z"),
        metadata=about("Period of the schedule run; default: the current ISO week or day.", "2026-W48"),
    )


class ScheduleRunFilterSchema(RequestSchema[ScheduleRunFilter]):
    """GET /api/schedule."""

    type = fields.Enum(ScheduleType, by_value=True, load_default=None, metadata=about("Filter by type.", "sources"))
    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last item received."))
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("Maximum number of items.", 25)
    )


class ScheduleRunSchema(ResponseSchema):
    """A schedule run and its result."""

    id = fields.Integer(required=True, metadata=about("ID of the schedule run.", 1))
    type = fields.String(
        required=True, validate=validate.OneOf(list(ScheduleType)), metadata=about("Type of the schedule.")
    )
    period = fields.String(required=True, metadata=about("ISO week, day, or a name.", "2026-W48"))
    state = fields.String(
        required=True,
        validate=validate.OneOf(STATES),
        metadata=about("State; a `Failed` one resumes when triggered again.", "Done"),
    )
    triggered_at = Time(required=True, metadata=about("When it was first triggered."))
    triggered_by = fields.String(
        required=True, metadata=about("Name of the account or service that triggered it.", "service")
    )
    started_at = Time(required=True, allow_none=True, metadata=about("When it started."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended."))
    tries = fields.Integer(required=True, metadata=about("Number of tries.", 1))
    run = fields.Integer(required=True, allow_none=True, metadata=about("ID of the run of jobs that it created.", 7))
    error = fields.String(required=True, allow_none=True, metadata=about("Reason for the failure."))
    detail = fields.Dict(required=True, metadata=about("Result: counts, the commit."))


class RefusedDefinitionSchema(ResponseSchema):
    """A reason for which a definition of the repository, or an entry of it, has no job."""

    path = fields.String(required=True, metadata=about("Path of the definition.", "sources/us/ca/berkeley.json"))
    pointer = fields.String(required=True, metadata=about("JSON pointer to the problem.", "/layers"))
    code = fields.String(required=True, metadata=about("Code of the rejection.", "source.schema"))
    message = fields.String(required=True, metadata=about("Details."))


class DetailedScheduleRunSchema(ScheduleRunSchema):
    """A schedule run with its rejected definitions, at most 100."""

    refused = fields.List(fields.Nested(RefusedDefinitionSchema), required=True)


class UpcomingSchema(ResponseSchema):
    """A type of schedule and its current period."""

    type = fields.String(required=True, validate=validate.OneOf(list(ScheduleType)))
    period = fields.String(required=True, metadata=about("Current period.", "2026-W48"))
    schedule_run = fields.Integer(
        required=True, allow_none=True, metadata=about("ID of its schedule run; null if not triggered yet.")
    )
    state = fields.String(required=True, allow_none=True, metadata=about("State of its schedule run."))
    next_period_at = Time(required=True, metadata=about("When the next period starts."))


class ScheduleRunListSchema(ResponseSchema):
    """GET /api/schedule."""

    schedule_runs = fields.List(fields.Nested(ScheduleRunSchema), required=True)
    upcoming = fields.List(fields.Nested(UpcomingSchema), required=True)
