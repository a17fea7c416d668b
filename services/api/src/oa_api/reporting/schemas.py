"""The shapes of /api/health/sources and of /api/statistics."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from oa_api.http.fields import Choices, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import MAX_LIMIT, ResponseSchema
from oa_api.reporting.source_health import HealthState
from oa_shared.status import LAYERS, JobStatus

_KEY_PARTS = 3


class DatasetKey(fields.Field[list[str]]):
    """A dataset by its source, layer and name, with spaces between: where a list goes on."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:  # noqa: ARG002
        parts = str(value).split(" ", _KEY_PARTS - 1)
        if len(parts) != _KEY_PARTS or "\x00" in value:
            raise ValidationError("Take it from the Link header of the page before.")
        return parts


class HealthFilterSchema(StrictSchema):
    """GET /api/health/sources."""

    state = Choices(
        *HealthState, load_default=None, metadata=about("A comma list: datasets in one of these states.", "failing")
    )
    prefix = Text(
        load_default=None,
        validate=validate.Length(max=200),
        metadata=about("Of sources whose name begins so.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Of this layer."))
    stale_days = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=36_500),
        metadata=about("After how many days what is published is stale; this stack's own number when left out.", 30),
    )
    cursor = DatasetKey(load_default=None, metadata=about("Where to go on; the Link header carries it."))
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("How many items, at most.", 25)
    )


class DatasetHealthSchema(ResponseSchema):
    """How one dataset stands."""

    source_name = fields.String(required=True, metadata=about("The source.", "us/ca/berkeley"))
    layer = fields.String(required=True, validate=validate.OneOf(LAYERS), metadata=about("The layer."))
    name = fields.String(required=True, metadata=about("The entry of the layer.", "city"))
    state = fields.String(
        required=True,
        validate=validate.OneOf(list(HealthState)),
        metadata=about(
            "`never`: nothing was ever published; `failing`: the latest job failed or is held back, what is published "
            "is older; `stale`: published, but long ago; `healthy`.",
            "failing",
        ),
    )
    job = fields.Integer(required=True, metadata=about("The latest job that ended, or the first one there was.", 12))
    status = fields.String(required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("How it ended."))
    error_code = fields.String(
        required=True, allow_none=True, metadata=about("Why it failed; `gate.…`: it is held back.", "source.not_found")
    )
    error_message = fields.String(required=True, allow_none=True, metadata=about("The same in words."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended."))
    failing_since = Time(required=True, allow_none=True, metadata=about("Since when no job has succeeded."))
    data = fields.Integer(required=True, allow_none=True, metadata=about("What is published: GET /api/data/{data}."))
    published_job = fields.Integer(required=True, allow_none=True, metadata=about("The job whose result that is."))
    published_at = Time(required=True, allow_none=True, metadata=about("When it was published."))


class StateCountsSchema(ResponseSchema):
    """How many datasets stand how."""

    healthy = fields.Integer(required=True)
    stale = fields.Integer(required=True)
    failing = fields.Integer(required=True)
    never = fields.Integer(required=True)


class HealthGroupSchema(StateCountsSchema):
    """The datasets of one region."""

    country = fields.String(required=True, metadata=about("The first part of the sources' names.", "us"))
    region = fields.String(required=True, metadata=about("The second part, where there are three or more.", "ca"))
    total = fields.Integer(required=True, metadata=about("How many there are.", 120))


class HealthGridSchema(ResponseSchema):
    """GET /api/health/sources."""

    stale_days = fields.Integer(required=True, metadata=about("After how many days data counts as stale.", 30))
    counts = fields.Nested(StateCountsSchema, required=True)
    groups = fields.List(fields.Nested(HealthGroupSchema), required=True)
    sources = fields.List(fields.Nested(DatasetHealthSchema), required=True)


class StatisticsFilterSchema(StrictSchema):
    """GET /api/statistics."""

    run = identifier(load_default=None, metadata=about("Of this run; else of the latest 5,000 ended jobs.", 1))


class BacklogSchema(ResponseSchema):
    """What has not ended."""

    status = fields.String(required=True, validate=validate.OneOf(list(JobStatus)))
    jobs = fields.Integer(required=True, metadata=about("How many.", 12))
    oldest_s = fields.Float(required=True, metadata=about("How long the oldest has been open.", 61.5))


class PhaseSchema(ResponseSchema):
    """How long one phase takes: `queued`, `starting`, `working`, and the parts of working that tasks tell."""

    phase = fields.String(required=True, metadata=about("Which.", "queued", "working: read"))
    jobs = fields.Integer(required=True, metadata=about("In how many jobs.", 4000))
    total_s = fields.Float(required=True, metadata=about("In all of them together."))
    median_s = fields.Float(required=True, metadata=about("In half of them it took no longer."))
    p90_s = fields.Float(required=True, metadata=about("In nine of ten it took no longer."))
    longest_s = fields.Float(required=True, metadata=about("In the slowest one."))


class ThroughputSchema(ResponseSchema):
    """How much was done in what time."""

    jobs = fields.Integer(required=True, metadata=about("Jobs that ended."))
    features = fields.Integer(required=True, metadata=about("Features that they made."))
    first_started_at = Time(required=True, allow_none=True)
    last_ended_at = Time(required=True, allow_none=True)
    jobs_an_hour = fields.Float(required=True, allow_none=True)
    features_an_hour = fields.Float(required=True, allow_none=True)


class CostViewSchema(ResponseSchema):
    """Dollars, by what they are paid for; an estimate at list prices."""

    vcpu = fields.Float(required=True, metadata=about("Processors.", 1.25))
    memory = fields.Float(required=True, metadata=about("Memory.", 0.31))
    moved = fields.Float(required=True, metadata=about("Bytes fetched and written.", 0.04))
    total = fields.Float(required=True, metadata=about("All of it.", 1.6))
    prices_looked_up = fields.String(required=True, metadata=about("Where and when the prices are from."))


class StatisticsSchema(ResponseSchema):
    """GET /api/statistics."""

    backlog = fields.List(fields.Nested(BacklogSchema), required=True)
    phases = fields.List(fields.Nested(PhaseSchema), required=True)
    throughput = fields.Nested(ThroughputSchema, required=True)
    cost = fields.Nested(CostViewSchema, required=True, allow_none=True, metadata=about("Of a run only."))
