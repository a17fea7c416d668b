"""The schemas of requests about runs and jobs."""

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import (
    MAX_INTEGER,
    Choices,
    ErrorCodes,
    Object,
    RequestSchema,
    StrictSchema,
    Text,
    TextOrObject,
    Time,
    about,
    identifier,
)
from oa_api.http.schemas import PageSchema, shape_field
from oa_api.jobs.attempt_fields import attempt_number_field, token_field
from oa_api.jobs.requests import (
    AttemptReport,
    JobElement,
    JobFilter,
    LogFormat,
    NewJobs,
    NewRun,
    OutputChoice,
    RunChange,
    RunChangeKind,
    RunFilter,
)
from oa_api.jobs.run_rows import RUN_ENDED
from oa_shared.carriers import MAX_NAME
from oa_shared.failures import FAILURES
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonMapping
from oa_shared.scheduling import Lane
from oa_shared.status import LAYERS, JobStatus

MAX_JOBS = 10_000
MAX_SAMPLE = 1000
SOURCE_NAME = rf"(?!.{{{MAX_NAME + 1}}})(?!\.)[\w.-]+(/(?!\.)[\w.-]+){{0,9}}\Z"


class RunFilterSchema(PageSchema, RequestSchema[RunFilter]):
    """GET /api/run."""

    status = Choices(
        *JobStatus,
        RUN_ENDED,
        load_default=None,
        metadata=about("Comma-separated statuses of runs, or of any of their jobs.", "Fail,Warn"),
    )


class JobSelectionSchema(StrictSchema):
    """Which jobs: the filter of lists and of bulk actions."""

    status = Choices(*JobStatus, load_default=None, metadata=about("Comma-separated statuses.", "Fail,Warn"))
    source = Text(
        load_default=None,
        metadata=about("Source; a trailing slash selects every source with that prefix.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Layer."))
    kind = fields.String(
        load_default=None,
        validate=validate.OneOf(list(JobKind)),
        metadata=about("Job kind: the data of a source, or a product.", "export"),
    )
    host = Text(load_default=None, metadata=about("Host of the data.", "gis.example.org"))
    error = ErrorCodes(
        load_default=None,
        metadata=about("Comma-separated failure codes or classes.", "upstream,infra.lost"),
    )
    before = Time(load_default=None, metadata=about("Created before this time.", "2026-11-24T12:00:00Z"))
    after = Time(load_default=None, metadata=about("Created at or after this time.", "2026-11-24T00:00:00Z"))
    ended_after = Time(load_default=None, metadata=about("Ended at or after this time.", "2026-11-24T00:00:00Z"))
    live = fields.Boolean(load_default=None, metadata=about("Only jobs of live runs, or only of trial runs.", True))
    run = identifier(load_default=None, metadata=about("Filter by run ID.", 1))


class JobFilterSchema(JobSelectionSchema, PageSchema, RequestSchema[JobFilter]):
    """GET /api/job."""

    bulk = identifier(load_default=None, metadata=about("Only jobs of this bulk action, skipped ones included.", 3))
    fields_ = shape_field("`output` and the complete `result` of each job")
    rerun = fields.Boolean(
        load_default=None, metadata=about("Only jobs that were rerun after they had ended, or only the others.", True)
    )
    acknowledged = fields.Boolean(
        load_default=None,
        metadata=about("Only jobs whose failure is acknowledged, or only the others.", True),
    )
    change = fields.Enum(
        RunChangeKind,
        by_value=True,
        load_default=None,
        metadata=about(
            "With `run`: only the jobs of datasets whose result differs in this way from the previous run of the same "
            "schedule. `gone` lists the jobs of the previous run whose datasets have none in this run.",
            "newly_failed",
        ),
    )


class LogFormatSchema(RequestSchema[LogFormat]):
    """GET /api/job/{job}/log."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(["json", "text"]),
        metadata=about("`json` for JSON lines, `text` for one readable line each.", "text"),
    )


class NewRunSchema(RequestSchema[NewRun]):
    """POST /api/run."""

    live = fields.Boolean(load_default=False, metadata=about("Publish the results of successful jobs.", True))
    github = Object(
        keys=Text(),
        load_default=None,
        allow_none=True,
        metadata=about("Origin of the run, stored unchanged.", {"sha": "0a1b2c3", "ref": "refs/pull/7/head"}),
    )
    lane = fields.Enum(
        Lane, by_value=True, load_default=Lane.MANUAL, metadata=about("Batch queue of its jobs.", "manual")
    )
    sample = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(min=1, max=MAX_SAMPLE),
        metadata=about("Number of features that its jobs process; a sample run produces no data.", 100),
    )
    force = fields.Boolean(
        load_default=False,
        metadata=about("Write new files even where a source has not changed since it was published.", True),
    )

    @validates_schema
    def check_sample(self, data: JsonMapping, **_: object) -> None:
        """Reject a live sample run: it has no data to publish."""
        if data.get("live") and data.get("sample"):
            raise ValidationError("A sample run cannot be live: it has no data to publish.", "sample")


class RunChangeSchema(RequestSchema[RunChange]):
    """PATCH /api/run/{run}."""

    live = fields.Boolean(
        load_default=None, metadata=about("A run that becomes live publishes the results of its finished jobs.")
    )
    expected_jobs = fields.Integer(
        load_default=None,
        strict=True,
        validate=validate.Range(min=0, max=MAX_INTEGER),
        metadata=about("Number of jobs of the run, as you have seen it; required to make it live.", 12),
    )
    closed = fields.Boolean(load_default=None, metadata=about("A closed run accepts no more jobs.", True))
    github = Object(
        keys=Text(),
        load_default=None,
        allow_none=True,
        metadata=about("Replaces the stored value; null changes nothing."),
    )

    @validates_schema
    def check_expected_jobs(self, data: JsonMapping, **_: object) -> None:
        """Require the number of jobs of a run that becomes live: others may have been added."""
        if data.get("live") and data.get("expected_jobs") is None:
            raise ValidationError("Required with live: the number of jobs of the run.", "expected_jobs")


class JobElementSchema(RequestSchema[JobElement]):
    """An element of POST /api/run/{run}/jobs that is not a plain URL."""

    source = TextOrObject(
        required=True,
        metadata=about(
            "URL of a source definition, or the definition itself, as an object or as the text of its file.",
            {"schema": 2, "coverage": {}, "layers": {}},
        ),
    )
    source_name = Text(
        load_default=None,
        validate=validate.Regexp(SOURCE_NAME),
        metadata=about(
            "Name of the source; default: from the URL, or `inline/` and the hash of the definition.", "us/ca/berkeley"
        ),
    )
    layer = fields.String(load_default=None, metadata=about("Only the entries of this layer.", "addresses"))
    name = Text(load_default=None, metadata=about("Only the entry of this name.", "city"))


class NewJobsSchema(RequestSchema[NewJobs]):
    """POST /api/run/{run}/jobs; the elements are validated one by one, so that each rejection names its own."""

    max_bytes = 8 * 1024 * 1024
    jobs = fields.List(
        TextOrObject(
            JobElementSchema,
            metadata=about(
                "URL of a source definition, or an object with a URL or a definition.",
                "https://github.com/openaddresses/openaddresses/blob/master/sources/us/ca/berkeley.json",
                {"source": {"schema": 2, "coverage": {}, "layers": {}}, "source_name": "xx/here", "layer": "addresses"},
            ),
        ),
        required=True,
        validate=validate.Length(min=1, max=MAX_JOBS),
    )


class AttemptReportSchema(RequestSchema[AttemptReport]):
    """PATCH /api/job/{job}."""

    status = fields.Enum(JobStatus, by_value=True, required=True, metadata=about("Status of the attempt.", "Submitted"))
    attempt = attempt_number_field()
    token = token_field()
    batch_job = Text(load_default=None, validate=validate.Length(max=200), metadata=about("AWS Batch job ID."))
    code = fields.String(
        load_default=None,
        validate=validate.OneOf(list(FAILURES)),
        metadata=about("Failure code.", "infra.refused"),
    )
    message = Text(load_default=None, metadata=about("Failure details."))


class OutputChoiceSchema(RequestSchema[OutputChoice]):
    """GET /api/job/{job}/output/{file}."""

    attempt = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=2**31 - 1),
        metadata=about("File of this attempt, which never changes; default: the latest result.", 1),
    )
