"""The schemas of responses in the form of openaddresses/batch; serializers.py writes them."""

from marshmallow import fields, validate

from oa_api.compatibility.statuses import STATUSES_V1
from oa_api.http.fields import about
from oa_api.http.schemas import ResponseSchema, id_field, text_field


def _milliseconds(what: str, *, allow_none: bool = False) -> fields.Integer:
    return fields.Integer(required=True, allow_none=allow_none, metadata=about(f"{what}, in ms since 1970.", 1))


def _status() -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(STATUSES_V1), metadata=about("Status.", "Success"))


def _size() -> fields.Integer:
    return fields.Integer(required=True, allow_none=True, metadata=about("Size in bytes.", 123_456))


def _optional_id(what: str) -> fields.Integer:
    return fields.Integer(required=True, allow_none=True, metadata=about(what, 1))


def _flag(what: str) -> fields.Boolean:
    return fields.Boolean(required=True, metadata=about(what, True))


class OutputFlagsV1Schema(ResponseSchema):
    """Which files exist."""

    cache = _flag("`cache.zip`.")
    output = _flag("`source.geojson.gz`.")
    preview = _flag("`source.png`.")
    validated = _flag("`validated.geojson.gz`.")
    pmtiles = _flag("`source.pmtiles`.")


def _output() -> fields.Nested:
    return fields.Nested(OutputFlagsV1Schema, required=True)


class _JobFieldsV1(ResponseSchema):
    id = id_field("ID of the job.")
    run = id_field("ID of its run.")
    map = _optional_id("ID of its place.")
    created = _milliseconds("When it was created")
    source = text_field("URL of the definition.")
    source_name = text_field("Source.", "us/ca/berkeley")
    layer = text_field("Layer.", "addresses")
    name = text_field("Entry of the layer.", "city")
    output = _output()
    loglink = text_field("Name of the log; null before the job starts.", allow_none=True)
    status = _status()
    size = _size()
    pmtiles_url = text_field("URL of its tiles.", allow_none=True)


class ListedJobV1Schema(_JobFieldsV1):
    """A job in a list."""


class JobListV1ResponseSchema(ResponseSchema):
    """GET /api/job."""

    total = fields.Integer(required=True, metadata=about("Number of jobs; at most 10,000."))
    jobs = fields.List(fields.Nested(ListedJobV1Schema), required=True)


class JobV1Schema(_JobFieldsV1):
    """GET /api/job/{job}."""

    license = fields.Raw(required=True, metadata=about("License as the definition states it, or false."))
    stats = fields.Dict(required=True, metadata=about("Number of values in each field, and of valid features."))
    count = fields.Integer(required=True, allow_none=True, metadata=about("Number of features."))
    bounds = fields.Dict(required=True, allow_none=True, metadata=about("Extent as a GeoJSON polygon."))
    version = text_field("Version of the service.", "1.0.0")


class RunJobsV1Schema(ResponseSchema):
    """GET /api/run/{run}/jobs."""

    run = id_field("ID of the run.")
    jobs = fields.List(fields.Nested(JobV1Schema), required=True)


class CreatedJobsV1Schema(ResponseSchema):
    """POST /api/run/{run}/jobs, POST /api/job/{job}/rerun."""

    run = id_field("ID of the run.")
    jobs = fields.List(fields.Integer(), required=True, metadata=about("IDs of the jobs.", [1]))
    errors = fields.List(fields.Dict(), metadata=about("Elements without a job."))


class RunV1Schema(ResponseSchema):
    """GET /api/run/{run}."""

    id = id_field("ID of the run.")
    live = _flag("Whether its results are published.")
    created = _milliseconds("When it was created")
    closed = _flag("Whether it accepts no more jobs.")
    github = fields.Dict(required=True, metadata=about("Origin of the run."))


class ListedRunV1Schema(RunV1Schema):
    """A run in a list."""

    status = _status()
    jobs = fields.Integer(required=True, metadata=about("Number of its jobs.", 3))


class RunListV1ResponseSchema(ResponseSchema):
    """GET /api/run."""

    total = fields.Integer(required=True, metadata=about("Number of runs; at most 10,000."))
    runs = fields.List(fields.Nested(ListedRunV1Schema), required=True)


class StatusCountsV1Schema(ResponseSchema):
    """The number of jobs by status; `Pending` includes those that run."""

    Warn = fields.Integer(required=True)
    Success = fields.Integer(required=True)
    Pending = fields.Integer(required=True)
    Fail = fields.Integer(required=True)


class RunStatsV1Schema(ResponseSchema):
    """GET /api/run/{run}/count."""

    run = id_field("ID of the run.")
    status = fields.Nested(StatusCountsV1Schema, required=True)


class ExtentV1Schema(ResponseSchema):
    """An extent with its area."""

    area = fields.Float(required=True, metadata=about("Area in square meters."))
    geom = fields.Dict(required=True, allow_none=True, metadata=about("GeoJSON polygon."))


class ComparedJobV1Schema(ResponseSchema):
    """One of two compared jobs."""

    id = id_field("ID of the job.")
    count = fields.Integer(required=True, metadata=about("Number of features."))
    stats = fields.Dict(required=True)
    bounds = fields.Nested(ExtentV1Schema, required=True)


class DeltaFiguresV1Schema(ResponseSchema):
    """The differences of two jobs."""

    count = fields.Integer(required=True, metadata=about("Published number minus that of the job."))
    stats = fields.Dict(required=True, metadata=about("Numbers of the job minus the published ones."))
    bounds = fields.Dict(required=True, metadata=about("Difference of the areas, and the part that is not covered."))


class DeltaV1Schema(ResponseSchema):
    """GET /api/job/{job}/delta."""

    compare = fields.Nested(ComparedJobV1Schema, required=True)
    master = fields.Nested(ComparedJobV1Schema, required=True)
    delta = fields.Nested(DeltaFiguresV1Schema, required=True)


class _DataFieldsV1(ResponseSchema):
    id = fields.Integer(required=True, metadata=about("ID; negative if it was never published.", 7))
    fabric = _flag("Whether the fabric includes it.")
    source = text_field("Source.", "us/ca/berkeley")
    updated = _milliseconds("When it was published", allow_none=True)
    layer = text_field("Layer.", "addresses")
    name = text_field("Entry of the layer.", "city")
    job = id_field("ID of the published job.")
    size = _size()
    output = _output()


class DataV1Schema(_DataFieldsV1):
    """GET /api/data/{data}."""


class ListedDataV1Schema(_DataFieldsV1):
    """A dataset in a list."""

    map = _optional_id("ID of its place.")
    latest_job = id_field("ID of its latest job.")


class HistoryJobV1Schema(ResponseSchema):
    """A job in the history of a dataset."""

    id = id_field("ID of the job.")
    created = _milliseconds("When it was created")
    status = _status()
    output = _output()
    run = id_field("ID of its run.")
    count = fields.Integer(required=True, metadata=about("Number of features."))
    stats = fields.Dict(required=True)
    map = _optional_id("ID of its place.")


class HistoryV1ResponseSchema(ResponseSchema):
    """GET /api/data/{data}/history."""

    id = id_field("ID of the dataset.")
    jobs = fields.List(fields.Nested(HistoryJobV1Schema), required=True)


class PlaceV1Schema(ResponseSchema):
    """GET /api/map/{map}."""

    id = id_field("ID of the place.")
    name = text_field("Source.", "us/ca/berkeley")
    code = text_field("Source.", "us/ca/berkeley")
    bbox = fields.List(fields.Float(), required=True, metadata=about("West, south, east, north."))
    geom = fields.Dict(required=True, metadata=about("Extent as a GeoJSON polygon."))


class MapV1Schema(ResponseSchema):
    """GET /api/map."""

    protomaps_key = text_field("Key of a basemap; none is needed.", allow_none=True)


class JobErrorV1Schema(ResponseSchema):
    """A job that needs review."""

    job = id_field("ID of the job.")
    status = _status()
    messages = fields.List(fields.String(), required=True)
    source_name = text_field("Source.", "us/ca/berkeley")
    layer = text_field("Layer.", "addresses")
    name = text_field("Entry of the layer.", "city")


class JobErrorListV1Schema(ResponseSchema):
    """GET /api/job/error."""

    total = fields.Integer(required=True, metadata=about("Number of jobs; at most 10,000."))
    errors = fields.List(fields.Nested(JobErrorV1Schema), required=True)


class ModeratedV1Schema(ResponseSchema):
    """POST /api/job/error/{job}."""

    job = id_field("ID of the job.")
    moderate = text_field("The decision.", "confirm")
