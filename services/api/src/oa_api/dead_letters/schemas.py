"""How queues and dead letters look."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import ReasonSchema, ResponseSchema, SliceSchema


class DepthSchema(ResponseSchema):
    """A queue with its dead-letter queue."""

    name = fields.String(required=True, metadata=about("`jobs` or `results`.", "jobs"))
    visible = fields.Integer(required=True, metadata=about("How many messages wait.", 12))
    in_flight = fields.Integer(required=True, metadata=about("How many are in somebody's hands.", 3))
    delayed = fields.Integer(required=True, metadata=about("How many wait for their delay.", 0))
    dead = fields.Integer(
        required=True, allow_none=True, metadata=about("How many lie in its dead-letter queue; null without one.", 0)
    )


class DepthListSchema(ResponseSchema):
    """GET /api/queue; SQS calls these numbers approximate."""

    queues = fields.List(fields.Nested(DepthSchema), required=True)


class _Letters(StrictSchema):
    """Which dead letters."""

    kind = Text(load_default=None, metadata=about("Messages of this kind.", "job.status"))
    reason_contains = Text(
        load_default=None, metadata=about("Buried for a reason that has these words in it.", "unknown field")
    )
    job = identifier(load_default=None, metadata=about("About this job.", 1))


class DeadFilterSchema(_Letters, SliceSchema):
    """GET /api/queue/{queue}/dead."""


class DeadLettersQuerySchema(_Letters):
    """The page /dead-letters."""

    queue = Text(load_default=None)


class DeadLettersFormSchema(_Letters, ReasonSchema):
    """The forms of that page: one letter by its id, or those of the filter."""

    action = fields.String(required=True, validate=validate.OneOf(["redrive", "discard"]))
    message = Text(load_default=None, validate=validate.Length(max=200))


class RedriveSchema(_Letters, ReasonSchema):
    """POST /api/queue/{queue}/redrive."""

    messages = fields.List(
        Text(validate=validate.Length(min=1, max=200)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=1000),
        metadata=about("The ids of letters; all that the other fields mean when left out."),
    )


class DiscardSchema(RedriveSchema):
    """POST /api/queue/{queue}/discard."""

    @validates_schema
    def check_choice(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to throw everything away by leaving the choice out."""
        if all(data.get(name) is None for name in ("messages", "kind", "reason_contains", "job")):
            raise ValidationError("Say which: by ids, kind, reason_contains or job.", "messages")


class DeadLetterSchema(ResponseSchema):
    """A message that nobody could deal with."""

    id = fields.String(required=True, metadata=about("Its id, for redrive."))
    sent_at = Time(required=True, allow_none=True, metadata=about("When it was first sent."))
    kind = fields.String(required=True, allow_none=True, metadata=about("What kind of message it is.", "job.status"))
    reason = fields.String(
        required=True, allow_none=True, metadata=about("Reason given by the consumer; null after 5 deliveries.")
    )
    body = fields.String(required=True, metadata=about("The text of the message, tokens blacked out."))
    message = fields.Dict(required=True, allow_none=True, metadata=about("The same decoded; null if it is not JSON."))
    job = fields.Integer(required=True, allow_none=True, metadata=about("The job it is about."))
    attempt = fields.Integer(required=True, allow_none=True)


class DeadLettersSchema(ResponseSchema):
    """GET /api/queue/{queue}/dead."""

    queue = fields.String(required=True)
    total = fields.Integer(required=True, metadata=about("How many were seen; at most 1,000 are looked at.", 2))
    total_is_estimate = fields.Boolean(required=True, metadata=about("Whether there are more than were looked at."))
    messages = fields.List(fields.Nested(DeadLetterSchema), required=True)


class RedrivenSchema(ResponseSchema):
    """POST /api/queue/{queue}/redrive."""

    queue = fields.String(required=True)
    redriven = fields.Integer(required=True, metadata=about("How many were sent back to their queue.", 2))
    not_found = fields.List(fields.String(), required=True, metadata=about("Ids that were asked for and not seen."))
    left = fields.Integer(required=True, metadata=about("About how many still lie there.", 0))


class DiscardedSchema(ResponseSchema):
    """POST /api/queue/{queue}/discard."""

    queue = fields.String(required=True)
    discarded = fields.Integer(required=True, metadata=about("How many were thrown away.", 2))
    not_found = fields.List(fields.String(), required=True, metadata=about("Ids that were asked for and not seen."))
    left = fields.Integer(required=True, metadata=about("About how many still lie there.", 0))
