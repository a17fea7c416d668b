"""Results that are held back: what is asked, how they look, what is decided."""

from marshmallow import fields, validate

from oa_api.http.fields import StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import ReasonSchema, ResponseSchema
from oa_shared.status import LAYERS


class HeldBackSelectionSchema(StrictSchema):
    """GET /api/job/error/count."""

    run = identifier(load_default=None, metadata=about("Of this run.", 1))
    source = Text(
        load_default=None,
        metadata=about("Of this source; with a slash at the end, of all whose name begins so.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Of this layer."))
    code = Text(load_default=None, metadata=about("Held back for this reason.", "count_dropped"))


class HeldBackFilterSchema(HeldBackSelectionSchema):
    """GET /api/job/error."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=100), metadata=about("How many items, at most.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("The number of the last job that you have."))


class HeldBackReasonSchema(ResponseSchema):
    """One reason to hold a job back."""

    code = fields.String(required=True, metadata=about("The kind of concern.", "count_dropped"))
    message = fields.String(required=True, metadata=about("The concern in words."))


class FigureSchema(ResponseSchema):
    """What came out beside what is published."""

    what = fields.String(required=True, metadata=about("`features`, or a field whose filled values are counted."))
    now = fields.Integer(required=True, allow_none=True, metadata=about("In the result that is held back.", 80))
    published = fields.Integer(required=True, allow_none=True, metadata=about("In what is published.", 100))


class HeldBackSchema(ResponseSchema):
    """A job whose result waits for a decision."""

    job = fields.Integer(required=True, metadata=about("The job.", 1))
    run = fields.Integer(required=True, metadata=about("Its run.", 1))
    source_name = fields.String(required=True, metadata=about("Its source.", "us/ca/berkeley"))
    layer = fields.String(required=True)
    name = fields.String(required=True)
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended."))
    created_at = Time(required=True, allow_none=True, metadata=about("Since when it waits."))
    errors = fields.List(fields.Nested(HeldBackReasonSchema), required=True, metadata=about("Why it is held back."))
    figures = fields.List(fields.Nested(FigureSchema), required=True, metadata=about("New beside published."))
    published_job = fields.Integer(required=True, allow_none=True, metadata=about("The job that is published now."))
    published_at = Time(required=True, allow_none=True, metadata=about("Since when."))


class HeldBackListSchema(ResponseSchema):
    """GET /api/job/error."""

    total = fields.Integer(required=True, metadata=about("How many there are in all.", 2))
    total_is_estimate = fields.Boolean(required=True, metadata=about("Whether counting stopped early."))
    errors = fields.List(fields.Nested(HeldBackSchema), required=True)


class HeldBackCountSchema(ResponseSchema):
    """GET /api/job/error/count."""

    count = fields.Integer(required=True, metadata=about("How many jobs wait for a decision; at most 10,000.", 2))


class DecisionSchema(ReasonSchema):
    """POST /api/job/error/{job}."""

    moderate = fields.String(
        required=True,
        validate=validate.OneOf(["confirm", "reject"]),
        metadata=about("Publish the result, or end the job as failed.", "confirm"),
    )
