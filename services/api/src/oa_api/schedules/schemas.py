"""The shapes of /api/schedule."""

from marshmallow import fields, validate

from oa_api.http.fields import StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import MAX_LIMIT, ResponseSchema
from oa_shared.schedule_types import ScheduleType

FIRE_STATES = ("Waiting", "Working", "Done", "Failed")


class TriggerSchema(StrictSchema):
    """POST /api/schedule."""

    type = fields.Enum(ScheduleType, by_value=True, required=True, metadata=about("What is due.", "sources"))
    period = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"[\w.:+-]{1,64}\Z"),
        metadata=about("What this firing stands for; the ISO week, or the day, when left out.", "2026-W48"),
    )


class ScheduleRunFilterSchema(StrictSchema):
    """GET /api/schedule."""

    type = fields.Enum(ScheduleType, by_value=True, load_default=None, metadata=about("Of this type.", "sources"))
    cursor = identifier(load_default=None, metadata=about("The id of the last fire that you have."))
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("How many, at most.", 25)
    )


class ScheduleRunSchema(ResponseSchema):
    """What one firing did."""

    id = fields.Integer(required=True, metadata=about("The number of the fire.", 1))
    type = fields.String(required=True, validate=validate.OneOf(list(ScheduleType)), metadata=about("What was due."))
    period = fields.String(required=True, metadata=about("What it stood for.", "2026-W48"))
    state = fields.String(
        required=True,
        validate=validate.OneOf(FIRE_STATES),
        metadata=about("`Failed` ones go on where they stopped when fired again.", "Done"),
    )
    triggered_at = Time(required=True, metadata=about("When it was fired first."))
    triggered_by = fields.String(required=True, metadata=about("By whom.", "service"))
    started_at = Time(required=True, allow_none=True, metadata=about("When the work began."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended."))
    tries = fields.Integer(required=True, metadata=about("How often the work was begun.", 1))
    run = fields.Integer(required=True, allow_none=True, metadata=about("The run that it made.", 7))
    error = fields.String(required=True, allow_none=True, metadata=about("Why it failed, in words."))
    detail = fields.Dict(required=True, metadata=about("What came of it: counts, the commit."))


class RefusedDefinitionSchema(ResponseSchema):
    """Why a definition of the repository, or an entry of it, has no job."""

    path = fields.String(required=True, metadata=about("Its path.", "sources/us/ca/berkeley.json"))
    pointer = fields.String(required=True, metadata=about("Where in it, as a JSON pointer.", "/layers"))
    code = fields.String(required=True, metadata=about("The kind of refusal.", "source.schema"))
    message = fields.String(required=True, metadata=about("Why."))


class ScheduleRunDetailSchema(ScheduleRunSchema):
    """A fire with the definitions that were refused, the first hundred of them."""

    refused = fields.List(fields.Nested(RefusedDefinitionSchema), required=True)


class UpcomingSchema(ResponseSchema):
    """A type of schedule, and whether its present period has been fired."""

    type = fields.String(required=True, validate=validate.OneOf(list(ScheduleType)))
    period = fields.String(required=True, metadata=about("The present period.", "2026-W48"))
    schedule_run = fields.Integer(required=True, allow_none=True, metadata=about("Its fire, if it was fired."))
    state = fields.String(required=True, allow_none=True, metadata=about("Where that stands."))
    next_period_at = Time(required=True, metadata=about("When the next period begins."))


class ScheduleRunListSchema(ResponseSchema):
    """GET /api/schedule."""

    schedule_runs = fields.List(fields.Nested(ScheduleRunSchema), required=True)
    upcoming = fields.List(fields.Nested(UpcomingSchema), required=True)
