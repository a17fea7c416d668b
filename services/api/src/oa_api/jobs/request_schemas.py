"""What requests may say."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import MAX_INTEGER, Choices, ErrorCodes, Object, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import PageSchema
from oa_shared.failures import FAILURES
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Lane
from oa_shared.status import LAYERS, JobStatus

MAX_JOBS = 10_000
MAX_SAMPLE = 1000
RUN_ENDED = "Ended"
SOURCE_NAME = r"(?!\.)[\w.-]+(/(?!\.)[\w.-]+){0,9}\Z"


class RunFilterSchema(PageSchema):
    """GET /api/run."""

    status = Choices(
        *JobStatus,
        RUN_ENDED,
        load_default=None,
        metadata=about("A comma list: runs in one of these statuses, or with jobs in one of them.", "Fail,Warn"),
    )


class JobSelectionSchema(StrictSchema):
    """Which jobs: the filter of lists, and of what is done to many at once."""

    status = Choices(
        *JobStatus, load_default=None, metadata=about("A comma list: jobs in one of these statuses.", "Fail,Warn")
    )
    source = Text(
        load_default=None,
        metadata=about("Of this source; with a slash at the end, of all whose name begins so.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Of this layer."))
    kind = fields.String(
        load_default=None,
        validate=validate.OneOf(list(JobKind)),
        metadata=about("Those that make this: data of a source, or a product.", "export"),
    )
    host = Text(load_default=None, metadata=about("Whose data comes from this host.", "gis.example.org"))
    error = ErrorCodes(
        load_default=None,
        metadata=about("A comma list: jobs that ended with one of these codes, or classes.", "upstream,infra.lost"),
    )
    before = Time(load_default=None, metadata=about("Made before this moment.", "2026-11-24T12:00:00Z"))
    after = Time(load_default=None, metadata=about("Made at or after this moment.", "2026-11-24T00:00:00Z"))
    live = fields.Boolean(load_default=None, metadata=about("Of live runs only, or of the others only.", True))
    run = identifier(load_default=None, metadata=about("Of this run.", 1))


class JobFilterSchema(JobSelectionSchema, PageSchema):
    """GET /api/job."""


class LogFormatSchema(StrictSchema):
    """GET /api/job/{job}/log."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(["json", "text"]),
        metadata=about("`json`: the lines as they were written; `text`: for people.", "text"),
    )


class NewRunSchema(StrictSchema):
    """POST /api/run."""

    live = fields.Boolean(load_default=False, metadata=about("Publish what succeeds.", True))
    github = Object(
        keys=Text(),
        load_default=None,
        allow_none=True,
        metadata=about("What started the run, kept as it is.", {"sha": "0a1b2c3", "ref": "refs/pull/7/head"}),
    )
    lane = fields.Enum(
        Lane, by_value=True, load_default=Lane.MANUAL, metadata=about("Which Batch queue its jobs go to.", "manual")
    )
    sample = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(min=1, max=MAX_SAMPLE),
        metadata=about("Its jobs look at the first so many features only, and make no data.", 100),
    )

    @validates_schema
    def check_sample(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to publish what is no data."""
        if data.get("live") and data.get("sample"):
            raise ValidationError("A run of samples makes no data to publish: it cannot be live.", "sample")


class RunChangeSchema(StrictSchema):
    """PATCH /api/run/{run}."""

    live = fields.Boolean(load_default=None, metadata=about("A run that becomes live publishes what it has finished."))
    closed = fields.Boolean(load_default=None, metadata=about("A closed run takes no more jobs.", True))
    github = Object(
        keys=Text(),
        load_default=None,
        allow_none=True,
        metadata=about("Replaces what was there; null changes nothing."),
    )


class NewJobsSchema(StrictSchema):
    """POST /api/run/{run}/jobs; the elements are checked one by one, so that each refusal names its own."""

    max_bytes = 64 * 1024 * 1024
    jobs = fields.List(
        fields.Raw(
            metadata=about(
                "The URL of a source definition, or an object with `source` (a URL or the definition itself) and, if "
                "wanted, `source_name`, `layer` and `name`.",
                "https://github.com/openaddresses/openaddresses/blob/master/sources/us/ca/berkeley.json",
                {"source": {"schema": 2, "coverage": {}, "layers": {}}, "source_name": "xx/here", "layer": "addresses"},
            )
        ),
        required=True,
        validate=validate.Length(min=1, max=MAX_JOBS),
    )


class NewJobSchema(StrictSchema):
    """One element of POST /api/run/{run}/jobs that is not a plain URL."""

    source = fields.Raw(required=True)
    source_name = Text(load_default=None, validate=validate.Regexp(SOURCE_NAME))
    layer = fields.String(load_default=None)
    name = Text(load_default=None)


class JobChangeSchema(StrictSchema):
    """PATCH /api/job/{job}."""

    status = fields.Enum(JobStatus, by_value=True, required=True, metadata=about("The status it reached.", "Submitted"))
    attempt = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(min=1, max=MAX_INTEGER),
        metadata=about("The attempt that this is said of.", 1),
    )
    token = Text(required=True, metadata=about("The token of that attempt.", "0123456789abcdef0123456789abcdef"))
    batch_job = Text(load_default=None, validate=validate.Length(max=200), metadata=about("Its id in AWS Batch."))
    code = fields.String(
        load_default=None,
        validate=validate.OneOf(list(FAILURES)),
        metadata=about("Why it failed: a code of the closed vocabulary.", "infra.refused"),
    )
    message = Text(load_default=None, metadata=about("Why it failed, in words."))


class OutputChoiceSchema(StrictSchema):
    """GET /api/job/{job}/output/{file}."""

    attempt = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=2**31 - 1),
        metadata=about("Of this attempt, which never changes; the latest result when left out.", 1),
    )
