"""The shape of /api/report."""

from marshmallow import fields, validate

from oa_api.http.fields import StrictSchema, Time, about
from oa_api.http.schemas import ResponseSchema
from oa_api.reporting.schemas import StateCountsSchema


class ReportFormatSchema(StrictSchema):
    """GET /api/report."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(["json", "text", "html"]),
        metadata=about("`text` and `html` are what the mail has.", "text"),
    )


class ChangeSchema(ResponseSchema):
    """A dataset that broke or was mended."""

    source_name = fields.String(required=True, metadata=about("The source.", "us/ca/berkeley"))
    layer = fields.String(required=True, metadata=about("The layer.", "addresses"))
    name = fields.String(required=True, metadata=about("The entry of the layer.", "city"))
    job = fields.Integer(required=True, metadata=about("The job that showed it.", 12))
    error_code = fields.String(required=True, allow_none=True, metadata=about("Why it broke.", "source.not_found"))
    error_message = fields.String(required=True, allow_none=True, metadata=about("The same in words."))
    created_at = Time(required=True, metadata=about("When."))


class ChangeCountsSchema(ResponseSchema):
    """How many changed."""

    broke = fields.Integer(required=True)
    fixed = fields.Integer(required=True)


class ReportViewSchema(ResponseSchema):
    """What newly broke and was newly mended; one that broke and was mended in between is not named."""

    period = fields.String(required=True, metadata=about("What it stands for.", "2026-W48"))
    until = Time(required=True, metadata=about("Up to when."))
    broke = fields.List(fields.Nested(ChangeSchema), required=True)
    fixed = fields.List(fields.Nested(ChangeSchema), required=True)
    counts = fields.Nested(ChangeCountsSchema, required=True, metadata=about("Of all, where not all are named."))
    states = fields.Nested(StateCountsSchema, required=True, metadata=about("How datasets stand now."))
