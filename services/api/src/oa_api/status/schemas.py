"""The responses of the service itself."""

from marshmallow import fields

from oa_api.http.fields import about
from oa_api.http.schemas import ResponseSchema, text_field, time_field
from oa_shared.version import VERSION


class VersionSchema(ResponseSchema):
    """GET /api."""

    version = text_field("Version of the API.", VERSION)


class WorkerStatusSchema(ResponseSchema):
    """The heartbeat of a background worker."""

    reported_at = time_field("Time of the last heartbeat.")
    age_s = fields.Float(required=True, metadata=about("Seconds since the last heartbeat.", 1.5))


class HealthSchema(ResponseSchema):
    """GET /."""

    status = text_field("`ok` or `unhealthy`.", "ok")
    problems = fields.List(fields.String(), required=True, metadata=about("Problems of the service."))
    workers = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.Nested(WorkerStatusSchema),
        metadata=about("Heartbeats of the background workers, by name."),
    )
    paused = fields.List(
        fields.String(), required=True, metadata=about("Active pauses.", ["all", "host gis.example.org"])
    )
