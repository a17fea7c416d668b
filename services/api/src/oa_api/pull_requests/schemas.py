"""What is answered to GitHub."""

from marshmallow import fields, validate

from oa_api.http.fields import about
from oa_api.http.schemas import ResponseSchema


class GitHubDeliverySchema(ResponseSchema):
    """POST /api/github/event."""

    delivery = fields.String(required=True, metadata=about("The delivery's id, as GitHub gave it."))
    state = fields.String(
        required=True,
        validate=validate.OneOf(["waiting", "ignored", "known"]),
        metadata=about("`waiting`: it will be dealt with; `ignored`: nothing is to be done; `known`: it came before."),
    )
    reason = fields.String(required=True, metadata=about("Why it is ignored; empty otherwise.", ""))
