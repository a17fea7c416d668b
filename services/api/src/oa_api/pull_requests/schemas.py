"""The response to an event of GitHub."""

from marshmallow import fields, validate

from oa_api.http.fields import about
from oa_api.http.schemas import ResponseSchema


class GitHubDeliverySchema(ResponseSchema):
    """POST /api/github/event."""

    delivery = fields.String(required=True, metadata=about("ID of the delivery, from GitHub."))
    state = fields.String(
        required=True,
        validate=validate.OneOf(["waiting", "ignored", "known"]),
        metadata=about("`waiting`: queued; `ignored`: needs no work; `known`: already received."),
    )
    reason = fields.String(required=True, metadata=about("Reason for ignoring the event; else empty.", ""))
