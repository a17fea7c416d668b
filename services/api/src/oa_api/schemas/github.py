"""What is answered to GitHub."""

from marshmallow import fields, validate

from oa_api.schemas.answers import Answer
from oa_api.schemas.fields import about


class GitHubDelivery(Answer):
    """POST /api/github/event."""

    delivery = fields.String(required=True, metadata=about("The delivery's id, as GitHub gave it."))
    state = fields.String(
        required=True,
        validate=validate.OneOf(["waiting", "ignored", "known"]),
        metadata=about("`waiting`: it will be dealt with; `ignored`: nothing is to be done; `known`: it came before."),
    )
    reason = fields.String(required=True, metadata=about("Why it is ignored; empty otherwise.", ""))
