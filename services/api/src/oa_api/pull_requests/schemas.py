"""The response to an event of GitHub."""

from marshmallow import Schema, fields, validate

from oa_api.http.fields import about
from oa_api.http.schemas import ResponseSchema


class GitHubHeadersSchema(Schema):
    """The headers of POST /api/github/event that the handler reads."""

    signature = fields.String(
        data_key="X-Hub-Signature-256",
        required=True,
        metadata=about("`sha256=` and the HMAC-SHA256 of the body under the secret of the webhook."),
    )
    delivery = fields.String(data_key="X-GitHub-Delivery", required=True, metadata=about("ID of the delivery."))
    event = fields.String(data_key="X-GitHub-Event", required=True, metadata=about("Kind of the event.", "push"))


class GitHubDeliverySchema(ResponseSchema):
    """POST /api/github/event."""

    delivery = fields.String(required=True, metadata=about("ID of the delivery, from GitHub."))
    state = fields.String(
        required=True,
        validate=validate.OneOf(["waiting", "ignored", "known"]),
        metadata=about("`waiting`: queued; `ignored`: needs no work; `known`: already received."),
    )
    reason = fields.String(required=True, metadata=about("Reason for ignoring the event; else empty.", ""))
