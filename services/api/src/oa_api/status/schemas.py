"""The requests and responses of the service itself."""

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from oa_api.http.fields import RequestSchema, StrictSchema, Text, about
from oa_api.http.schemas import ResponseSchema, text_field, time_field
from oa_shared.process_report import PartReport, ProcessReport
from oa_shared.version import VERSION

_PROCESS = "api@ip-10-0-1-7:8000"
_MAX_PARTS = 50
_LONGEST_S = 366 * 86_400


class VersionSchema(ResponseSchema):
    """GET /api."""

    version = text_field("Version of the API.", VERSION)


class WorkerStatusSchema(ResponseSchema):
    """The heartbeat of a background worker."""

    reported_at = time_field("Time of its last progress.")
    age_s = fields.Float(required=True, metadata=about("Seconds since its last progress.", 1.5))


class PartStatusSchema(ResponseSchema):
    """A part of a process."""

    process = text_field("Name of the process: service, host and port.", _PROCESS)
    part = text_field("Name of the part.", "relay")
    reported_at = time_field("Time at which its process last reported.")
    progress_at = time_field("Time of its last progress.")
    age_s = fields.Float(required=True, metadata=about("Seconds since its last progress.", 1.5))
    problem = text_field("Reason why it has a problem; empty without one.", "")


def _number(text: str, example: float) -> fields.Float:
    return fields.Float(required=True, allow_none=True, metadata=about(text, example))


def _count(text: str, example: int) -> fields.Integer:
    return fields.Integer(required=True, allow_none=True, metadata=about(text, example))


class QueueStatusSchema(ResponseSchema):
    """A queue of the system; null stands for a number that is not known."""

    name = text_field("Name of the queue.", "jobs")
    waiting = _count("Waiting messages; null if the queue does not answer.", 12)
    in_hand = _count("Messages in progress.", 3)
    delayed = _count("Messages that become visible later.", 0)
    dead = _count("Dead letters.", 0)
    oldest_s = _number("Age of the oldest message in seconds, where known.", 8.5)


class BatchStatusSchema(ResponseSchema):
    """AWS Batch, as the dispatcher sees it."""

    answer_age_s = _number("Seconds since its last answer; null before the first report.", 4.2)
    running = _count("Running containers.", 40)
    submitted = _count("Jobs waiting for a machine.", 200)
    slots = _count("Maximum number of concurrent containers; null if unknown.", 256)


class LaneWaitSchema(ResponseSchema):
    """How long jobs of a lane wait for their container."""

    lane = text_field("Lane.", "weekly")
    oldest_s = _number("Waiting time of the oldest pending job, in seconds; null if none.", 61.0)
    usual_s = _number("90th percentile of the waiting time of recent jobs, in seconds; null if none.", 45.0)
    is_unusual = fields.Boolean(required=True, metadata=about("Whether the wait is much longer than usual.", False))


class HealthSchema(ResponseSchema):
    """GET /."""

    status = text_field("`ok` or `unhealthy`.", "ok")
    problems = fields.List(fields.String(), required=True, metadata=about("Problems of the system."))
    workers = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.Nested(WorkerStatusSchema),
        metadata=about("Heartbeats of the parts by name; the oldest one if several processes run a part."),
    )
    parts = fields.List(fields.Nested(PartStatusSchema), required=True, metadata=about("Every part of every process."))
    paused = fields.List(
        fields.String(), required=True, metadata=about("Active pauses.", ["all", "host gis.example.org"])
    )
    database_s = _number("Seconds that the database took to answer; null if it did not.", 0.002)
    queues = fields.List(fields.Nested(QueueStatusSchema), required=True, metadata=about("Queues of the system."))
    batch = fields.Nested(BatchStatusSchema, required=True, metadata=about("AWS Batch."))
    waits = fields.List(fields.Nested(LaneWaitSchema), required=True, metadata=about("Queued jobs by lane."))


class LivenessSchema(ResponseSchema):
    """GET /live."""

    status = text_field("`ok`, or `unhealthy` if the process has to be replaced.", "ok")
    process = text_field("Name of the process.", _PROCESS)
    problems = fields.List(fields.String(), required=True, metadata=about("Problems of this process."))


class ReadinessSchema(ResponseSchema):
    """GET /ready."""

    status = text_field("`ready` or `unready`.", "ready")
    reason = text_field("Reason why it is not ready; empty if it is.", "")


class PartReportSchema(StrictSchema):
    """A part of a process in its heartbeat."""

    part = Text(
        required=True, validate=validate.Regexp(r"[a-z_]{1,40}\Z"), metadata=about("Name of the part.", "dispatcher")
    )
    age_s = fields.Float(
        required=True,
        validate=validate.Range(min=0, max=_LONGEST_S),
        metadata=about("Seconds since its last progress.", 1.5),
    )
    problem = Text(
        load_default="",
        validate=validate.Length(max=1000),
        metadata=about("Reason why it has a problem; empty without one.", ""),
    )

    @post_load
    def _make_part(self, data: dict[str, object], **_: object) -> PartReport:
        return PartReport(**data)  # type: ignore[arg-type] # validated above


class ProcessReportSchema(RequestSchema[ProcessReport]):
    """POST /api/heartbeat."""

    process = Text(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata=about("Name of the process: service, host and port.", "dispatcher@ip-10-0-1-8:8001"),
    )
    version = Text(required=True, validate=validate.Length(max=100), metadata=about("Version of the process.", VERSION))
    parts = fields.List(
        fields.Nested(PartReportSchema),
        required=True,
        validate=validate.Length(max=_MAX_PARTS),
        metadata=about("Parts of the process; none when it stops."),
    )

    @validates_schema
    def check_parts(self, data: dict[str, list[PartReport]], **_: object) -> None:
        """Refuse a part that is given twice."""
        names = [report.part for report in data["parts"]]
        if len(names) != len(set(names)):
            raise ValidationError("Name each part once.", "parts")


class ProcessSchema(ResponseSchema):
    """The response to POST /api/heartbeat."""

    process = text_field("Name of the process.", _PROCESS)
