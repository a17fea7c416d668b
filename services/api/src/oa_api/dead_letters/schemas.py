"""The schemas of queues and dead letters."""

from collections.abc import Mapping

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.dead_letters.requests import (
    DeadLetterAction,
    DeadLetterCommand,
    DeadLetterForm,
    DeadLetterListFilter,
    DeadLetterPageFilter,
)
from oa_api.http.fields import RequestSchema, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import ReasonSchema, ResponseSchema, SliceSchema


class QueueDepthSchema(ResponseSchema):
    """A queue with its dead-letter queue."""

    name = fields.String(required=True, metadata=about("`jobs` or `results`.", "jobs"))
    visible = fields.Integer(required=True, metadata=about("Messages waiting.", 12))
    in_flight = fields.Integer(required=True, metadata=about("Messages received and not yet deleted.", 3))
    delayed = fields.Integer(required=True, metadata=about("Messages with a delay that has not ended.", 0))
    dead = fields.Integer(
        required=True, allow_none=True, metadata=about("Messages on its dead-letter queue; null without one.", 0)
    )


class QueueDepthListSchema(ResponseSchema):
    """GET /api/queue; SQS calls these numbers approximate."""

    queues = fields.List(fields.Nested(QueueDepthSchema), required=True)


class DeadLetterFieldsSchema(StrictSchema):
    """The fields that select dead letters."""

    kind = Text(load_default=None, metadata=about("Kind of message.", "job.status"))
    reason_contains = Text(load_default=None, metadata=about("Text that the reason contains.", "unknown field"))
    job = identifier(load_default=None, metadata=about("Filter by job ID.", 1))


class DeadLetterListFilterSchema(DeadLetterFieldsSchema, SliceSchema, RequestSchema[DeadLetterListFilter]):
    """GET /api/queue/{queue}/dead."""


class DeadLetterPageFilterSchema(DeadLetterFieldsSchema, RequestSchema[DeadLetterPageFilter]):
    """The page /dead-letters."""

    queue = Text(load_default=None)


class DeadLetterFormSchema(DeadLetterFieldsSchema, ReasonSchema, RequestSchema[DeadLetterForm]):
    """The forms of that page: one message by its ID, or those of the filter."""

    action = fields.Enum(DeadLetterAction, by_value=True, required=True)
    message = Text(load_default=None, validate=validate.Length(max=200))


class RedriveSchema(DeadLetterFieldsSchema, ReasonSchema, RequestSchema[DeadLetterCommand]):
    """POST /api/queue/{queue}/redrive."""

    messages = fields.List(
        Text(validate=validate.Length(min=1, max=200)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=1000),
        metadata=about("IDs of the messages; without it, all that the other fields select."),
    )


class DiscardSchema(RedriveSchema):
    """POST /api/queue/{queue}/discard."""

    @validates_schema
    def check_selection(self, data: Mapping[str, object], **_: object) -> None:
        """Refuse a request that would discard everything because it selects nothing."""
        if all(data.get(name) is None for name in ("messages", "kind", "reason_contains", "job")):
            raise ValidationError("Select messages by ID, kind, reason_contains or job.", "messages")


class DeadLetterSchema(ResponseSchema):
    """A message that could not be processed."""

    id = fields.String(required=True, metadata=about("ID of the message, for redrive and discard."))
    sent_at = Time(required=True, allow_none=True, metadata=about("When it was first sent."))
    kind = fields.String(required=True, allow_none=True, metadata=about("Kind of message.", "job.status"))
    reason = fields.String(
        required=True, allow_none=True, metadata=about("Reason given by the consumer; null after 5 deliveries.")
    )
    body = fields.String(required=True, metadata=about("Text of the message, with tokens redacted."))
    message = fields.Dict(required=True, allow_none=True, metadata=about("Decoded text; null if it is not JSON."))
    job = fields.Integer(required=True, allow_none=True, metadata=about("Job that the message is about."))
    attempt = fields.Integer(required=True, allow_none=True)


class DeadLetterListSchema(ResponseSchema):
    """GET /api/queue/{queue}/dead."""

    queue = fields.String(required=True)
    total = fields.Integer(required=True, metadata=about("Number of matching messages among the first 1,000.", 2))
    total_is_estimate = fields.Boolean(required=True, metadata=about("Whether the queue has more than 1,000 messages."))
    messages = fields.List(fields.Nested(DeadLetterSchema), required=True)


class RedriveResultSchema(ResponseSchema):
    """POST /api/queue/{queue}/redrive."""

    queue = fields.String(required=True)
    redriven = fields.Integer(required=True, metadata=about("Number of messages sent back to their queue.", 2))
    not_found = fields.List(fields.String(), required=True, metadata=about("Requested IDs that were not found."))
    left = fields.Integer(required=True, metadata=about("Approximate number of dead letters left.", 0))


class DiscardResultSchema(ResponseSchema):
    """POST /api/queue/{queue}/discard."""

    queue = fields.String(required=True)
    discarded = fields.Integer(required=True, metadata=about("Number of messages deleted.", 2))
    not_found = fields.List(fields.String(), required=True, metadata=about("Requested IDs that were not found."))
    left = fields.Integer(required=True, metadata=about("Approximate number of dead letters left.", 0))
