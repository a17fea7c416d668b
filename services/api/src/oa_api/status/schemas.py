"""The responses of the service itself."""

from marshmallow import fields

from oa_api.http.fields import about
from oa_api.http.schemas import ResponseSchema, text_field, time_field
from oa_shared.version import VERSION


class VersionSchema(ResponseSchema):
    """GET /api."""

    version = text_field("The version of the API.", VERSION)


class WorkerStatusSchema(ResponseSchema):
    """A background duty."""

    reported_at = time_field("When it last worked.")
    age_s = fields.Float(required=True, metadata=about("How many seconds ago that was.", 1.5))


class HealthSchema(ResponseSchema):
    """GET /."""

    status = text_field("`ok` or `unhealthy`.", "ok")
    problems = fields.List(fields.String(), required=True, metadata=about("What is wrong, in words."))
    workers = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.Nested(WorkerStatusSchema),
        metadata=about("By the name of the duty."),
    )
    paused = fields.List(
        fields.String(), required=True, metadata=about("What operators hold back.", ["all", "host gis.example.org"])
    )
