"""The schemas of /api/report."""

from marshmallow import fields, validate

from oa_api.http.fields import RequestSchema, Time, about
from oa_api.http.schemas import ResponseSchema
from oa_api.reporting.schemas import StateCountsSchema
from oa_api.schedules.requests import ReportFormat


class ReportFormatSchema(RequestSchema[ReportFormat]):
    """GET /api/report."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(["json", "text", "html"]),
        metadata=about("Format; mail contains `text` and `html`.", "text"),
    )


class ChangeSchema(ResponseSchema):
    """A dataset that broke or was fixed."""

    source_name = fields.String(required=True, metadata=about("Source name.", "us/ca/berkeley"))
    layer = fields.String(required=True, metadata=about("Layer.", "addresses"))
    name = fields.String(required=True, metadata=about("Entry name.", "city"))
    job = fields.Integer(required=True, metadata=about("ID of the job that showed it.", 12))
    error_code = fields.String(required=True, allow_none=True, metadata=about("Failure code.", "source.not_found"))
    error_message = fields.String(required=True, allow_none=True, metadata=about("Details of the failure."))
    created_at = Time(required=True, metadata=about("When the dataset changed."))


class ChangeCountsSchema(ResponseSchema):
    """The number of changed datasets."""

    broke = fields.Integer(required=True)
    fixed = fields.Integer(required=True)


class ReportViewSchema(ResponseSchema):
    """The datasets that broke or were fixed, without those that did both."""

    period = fields.String(required=True, metadata=about("Period of the report.", "2026-W48"))
    until = Time(required=True, metadata=about("End of the period."))
    broke = fields.List(fields.Nested(ChangeSchema), required=True)
    fixed = fields.List(fields.Nested(ChangeSchema), required=True)
    counts = fields.Nested(
        ChangeCountsSchema, required=True, metadata=about("Number of all changes; the lists have at most 500.")
    )
    states = fields.Nested(
        StateCountsSchema, required=True, metadata=about("Current number of datasets in each state.")
    )
