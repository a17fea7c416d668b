"""The shape of /api/report."""

from marshmallow import fields, validate

from oa_api.schemas.answers import Answer
from oa_api.schemas.fields import Strict, Time, about
from oa_api.schemas.health import StateCounts


class ReportFormat(Strict):
    """GET /api/report."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(["json", "text", "html"]),
        metadata=about("`text` and `html` are what the mail has.", "text"),
    )


class Change(Answer):
    """A dataset that broke or was mended."""

    source_name = fields.String(required=True, metadata=about("The source.", "us/ca/berkeley"))
    layer = fields.String(required=True, metadata=about("The layer.", "addresses"))
    name = fields.String(required=True, metadata=about("The entry of the layer.", "city"))
    job = fields.Integer(required=True, metadata=about("The job that showed it.", 12))
    error_code = fields.String(required=True, allow_none=True, metadata=about("Why it broke.", "source.not_found"))
    error_message = fields.String(required=True, allow_none=True, metadata=about("The same in words."))
    at = Time(required=True, metadata=about("When."))


class ChangeCounts(Answer):
    """How many changed."""

    broke = fields.Integer(required=True)
    mended = fields.Integer(required=True)


class ReportView(Answer):
    """What newly broke and was newly mended; one that broke and was mended in between is not named."""

    period = fields.String(required=True, metadata=about("What it stands for.", "2026-W48"))
    until = Time(required=True, metadata=about("Up to when."))
    broke = fields.List(fields.Nested(Change), required=True)
    mended = fields.List(fields.Nested(Change), required=True)
    counts = fields.Nested(ChangeCounts, required=True, metadata=about("Of all, where not all are named."))
    states = fields.Nested(StateCounts, required=True, metadata=about("How datasets stand now."))
