"""The schemas of /api/health/sources and of /api/statistics."""

from marshmallow import ValidationError, fields, validate

from oa_api.http.fields import Choices, ParsedField, RequestSchema, Text, Time, about, identifier
from oa_api.http.schemas import MAX_LIMIT, ResponseSchema
from oa_api.reporting.requests import HealthFilter, StatisticsFilter
from oa_api.reporting.source_health import HealthState
from oa_shared.status import LAYERS, JobStatus

_KEY_PARTS = 3


class DatasetKey(ParsedField[list[str]]):
    """The cursor of a list of datasets: source, layer and name of the last one, separated by spaces."""

    def _parse(self, value: object) -> list[str]:
        parts = str(value).split(" ", _KEY_PARTS - 1)
        if len(parts) != _KEY_PARTS or "\x00" in str(value):
            raise ValidationError("Use the value from the Link header of the previous page.")
        return parts


class HealthFilterSchema(RequestSchema[HealthFilter]):
    """GET /api/health/sources."""

    state = Choices(*HealthState, load_default=None, metadata=about("Comma-separated states.", "failing"))
    prefix = Text(
        load_default=None,
        validate=validate.Length(max=200),
        metadata=about("Prefix of source names.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Filter by layer."))
    stale_days = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=36_500),
        metadata=about("Days after which published data is stale; default from the settings.", 30),
    )
    cursor = DatasetKey(load_default=None, metadata=about("Cursor from the Link header."))
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("Maximum number of items.", 25)
    )


class DatasetHealthSchema(ResponseSchema):
    """The health of a dataset."""

    source_name = fields.String(required=True, metadata=about("Source name.", "us/ca/berkeley"))
    layer = fields.String(required=True, validate=validate.OneOf(LAYERS), metadata=about("Layer."))
    name = fields.String(required=True, metadata=about("Entry name.", "city"))
    state = fields.String(
        required=True,
        validate=validate.OneOf(list(HealthState)),
        metadata=about(
            "`never`: never published; `failing`: the latest job failed or needs review, an earlier version is "
            "published; `stale`: published, and last found up to date, more than `stale_days` days ago; `healthy`.",
            "failing",
        ),
    )
    job = fields.Integer(required=True, metadata=about("ID of the latest job that has ended, or of the first job.", 12))
    status = fields.String(
        required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("Status of that job.")
    )
    error_code = fields.String(
        required=True, allow_none=True, metadata=about("Failure code; `gate.…`: needs review.", "source.not_found")
    )
    error_message = fields.String(required=True, allow_none=True, metadata=about("Details of the failure."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When that job ended."))
    failing_since = Time(
        required=True, allow_none=True, metadata=about("Time of the first failure since the last success.")
    )
    data = fields.Integer(required=True, allow_none=True, metadata=about("ID of the published dataset."))
    published_job = fields.Integer(
        required=True, allow_none=True, metadata=about("ID of the job whose result is published.")
    )
    published_at = Time(required=True, allow_none=True, metadata=about("When the result was published."))
    checked_at = Time(
        required=True, allow_none=True, metadata=about("When the result was published, or last found up to date.")
    )


class StateCountsSchema(ResponseSchema):
    """The number of datasets in each state."""

    healthy = fields.Integer(required=True)
    stale = fields.Integer(required=True)
    failing = fields.Integer(required=True)
    never = fields.Integer(required=True)


class HealthGroupSchema(StateCountsSchema):
    """The datasets of one region."""

    country = fields.String(required=True, metadata=about("First part of the source names.", "us"))
    region = fields.String(
        required=True, metadata=about("Second part of the source names, if they have three or more parts.", "ca")
    )
    total = fields.Integer(required=True, metadata=about("Number of datasets.", 120))


class HealthGridSchema(ResponseSchema):
    """GET /api/health/sources."""

    stale_days = fields.Integer(required=True, metadata=about("Days after which published data is stale.", 30))
    counts = fields.Nested(StateCountsSchema, required=True)
    groups = fields.List(fields.Nested(HealthGroupSchema), required=True)
    sources = fields.List(fields.Nested(DatasetHealthSchema), required=True)


class StatisticsFilterSchema(RequestSchema[StatisticsFilter]):
    """GET /api/statistics."""

    run = identifier(load_default=None, metadata=about("Run ID; default: the latest 5,000 jobs that have ended.", 1))


class BacklogSchema(ResponseSchema):
    """Jobs of a status that have not ended."""

    status = fields.String(required=True, validate=validate.OneOf(list(JobStatus)))
    jobs = fields.Integer(required=True, metadata=about("Number of jobs.", 12))
    oldest_s = fields.Float(required=True, metadata=about("Age of the oldest one in seconds.", 61.5))


class PhaseSchema(ResponseSchema):
    """Seconds in a phase: `queued`, `starting`, `working`, and the parts of working that tasks report."""

    phase = fields.String(required=True, metadata=about("Name of the phase.", "queued", "working: read"))
    jobs = fields.Integer(required=True, metadata=about("Number of jobs.", 4000))
    total_s = fields.Float(required=True, metadata=about("Sum of all jobs, in seconds."))
    median_s = fields.Float(required=True, metadata=about("Median, in seconds."))
    p90_s = fields.Float(required=True, metadata=about("90th percentile, in seconds."))
    longest_s = fields.Float(required=True, metadata=about("Maximum, in seconds."))


class ThroughputSchema(ResponseSchema):
    """Jobs and features over time."""

    jobs = fields.Integer(required=True, metadata=about("Number of jobs that have ended."))
    unchanged = fields.Integer(
        required=True,
        metadata=about("Number of them whose source had not changed: they kept the published files.", 240),
    )
    features = fields.Integer(required=True, metadata=about("Number of features that the others wrote."))
    first_started_at = Time(required=True, allow_none=True)
    last_ended_at = Time(required=True, allow_none=True)
    jobs_an_hour = fields.Float(required=True, allow_none=True)
    features_an_hour = fields.Float(required=True, allow_none=True)


class CostViewSchema(ResponseSchema):
    """Estimated cost in US dollars by component, at list prices."""

    vcpu = fields.Float(required=True, metadata=about("CPU.", 1.25))
    memory = fields.Float(required=True, metadata=about("Memory.", 0.31))
    moved = fields.Float(required=True, metadata=about("Data transfer.", 0.04))
    total = fields.Float(required=True, metadata=about("Total.", 1.6))
    prices_looked_up = fields.String(required=True, metadata=about("Region and date of the prices."))


class StatisticsSchema(ResponseSchema):
    """GET /api/statistics."""

    backlog = fields.List(fields.Nested(BacklogSchema), required=True)
    phases = fields.List(fields.Nested(PhaseSchema), required=True)
    throughput = fields.Nested(ThroughputSchema, required=True)
    cost = fields.Nested(
        CostViewSchema, required=True, allow_none=True, metadata=about("Cost of the run; null without `run`.")
    )
