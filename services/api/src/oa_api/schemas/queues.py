"""How queues and dead letters look."""

from marshmallow import fields

from oa_api.schemas.answers import Answer
from oa_api.schemas.fields import Time, about


class Depth(Answer):
    """A queue with its dead-letter queue."""

    name = fields.String(required=True, metadata=about("`jobs` or `results`.", "jobs"))
    visible = fields.Integer(required=True, metadata=about("How many messages wait.", 12))
    in_flight = fields.Integer(required=True, metadata=about("How many are in somebody's hands.", 3))
    delayed = fields.Integer(required=True, metadata=about("How many wait for their delay.", 0))
    dead = fields.Integer(
        required=True, allow_none=True, metadata=about("How many lie in its dead-letter queue; null without one.", 0)
    )


class DepthList(Answer):
    """GET /api/queue; SQS calls these numbers approximate."""

    queues = fields.List(fields.Nested(Depth), required=True)


class DeadLetter(Answer):
    """A message that nobody could deal with."""

    id = fields.String(required=True, metadata=about("Its id, for redrive."))
    sent_at = Time(required=True, allow_none=True, metadata=about("When it was first sent."))
    reason = fields.String(
        required=True, allow_none=True, metadata=about("Why it was buried; null after 5 deliveries.")
    )
    body = fields.String(required=True, metadata=about("The text of the message, tokens blacked out."))
    message = fields.Dict(required=True, allow_none=True, metadata=about("The same decoded; null if it is not JSON."))
    job = fields.Integer(required=True, allow_none=True, metadata=about("The job it is about."))
    attempt = fields.Integer(required=True, allow_none=True)


class DeadLetters(Answer):
    """GET /api/queue/{queue}/dead."""

    queue = fields.String(required=True)
    total = fields.Integer(required=True, metadata=about("How many were seen; at most 1,000 are looked at.", 2))
    total_is_estimate = fields.Boolean(required=True, metadata=about("Whether there are more than were looked at."))
    messages = fields.List(fields.Nested(DeadLetter), required=True)


class Redriven(Answer):
    """POST /api/queue/{queue}/redrive."""

    queue = fields.String(required=True)
    redriven = fields.Integer(required=True, metadata=about("How many were sent back to their queue.", 2))
    not_found = fields.List(fields.String(), required=True, metadata=about("Ids that were asked for and not seen."))
    left = fields.Integer(required=True, metadata=about("About how many still lie there.", 0))
