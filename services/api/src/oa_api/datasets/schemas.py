"""How answers about published data look; dataset.py makes them."""

from marshmallow import fields, validate

from oa_api.http.fields import Time, about
from oa_api.http.schemas import ResponseSchema
from oa_shared.status import LAYERS, JobStatus


class LicenseSchema(ResponseSchema):
    """What the source says of its licence; null where it does not say."""

    url = fields.String(required=True, allow_none=True, metadata=about("Where it can be read."))
    text = fields.String(required=True, allow_none=True, metadata=about("Its name or its words.", "CC BY 4.0"))
    attribution = fields.Boolean(required=True, allow_none=True, metadata=about("Whether credit must be given."))
    attribution_name = fields.String(required=True, allow_none=True, metadata=about("To whom.", "City of Berkeley"))
    share_alike = fields.Boolean(
        required=True, allow_none=True, metadata=about("Whether what is made of it must be under the same licence.")
    )
    remarks = fields.String(required=True, allow_none=True, metadata=about("What else the source says of it."))


class FillSchema(ResponseSchema):
    """How many features have a value in a field."""

    filled = fields.Integer(required=True, metadata=about("How many.", 980))
    rate = fields.Float(required=True, metadata=about("Their share, 0 to 1.", 0.98))


class FileSchema(ResponseSchema):
    """One file of a publication."""

    name = fields.String(required=True, metadata=about("Its name.", "source.parquet"))
    size_bytes = fields.Integer(required=True, allow_none=True, metadata=about("Its size.", 123_456))
    sha256 = fields.String(required=True, allow_none=True, metadata=about("Its digest."))
    url = fields.String(
        required=True,
        allow_none=True,
        metadata=about(
            "Its address, where never anything else will lie; null when it is not kept any more.",
            "/api/job/12/output/source.parquet?attempt=1",
        ),
    )


class LatestFileSchema(FileSchema):
    """One file of what is published now."""

    latest = fields.String(
        required=True,
        metadata=about("Leads to the newest one.", "/latest/us/ca/berkeley/addresses/city/source.parquet"),
    )


class OriginSchema(ResponseSchema):
    """Where the definition came from."""

    sha256 = fields.String(required=True, allow_none=True, metadata=about("The digest of the definition."))
    url = fields.String(required=True, allow_none=True, metadata=about("Its address."))
    commit = fields.String(required=True, allow_none=True, metadata=about("The commit that it is of.", "0a1b2c3"))
    definition = fields.String(required=True, metadata=about("Its text.", "/api/job/12/raw"))


class LatestJobSchema(ResponseSchema):
    """A newer job of a live run that did not publish."""

    id = fields.Integer(required=True, metadata=about("The number of the job.", 14))
    run = fields.Integer(required=True, metadata=about("Its run.", 3))
    attempt = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("How it ended."))
    code = fields.String(required=True, allow_none=True, metadata=about("Why, by code.", "source.not_found"))
    error = fields.String(required=True, metadata=about("Why, in words.", "https://example.org/a.zip answered 404"))
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended."))


class _Numbers(ResponseSchema):
    job = fields.Integer(required=True, metadata=about("The job whose result it is.", 12))
    attempt = fields.Integer(required=True, metadata=about("The attempt whose result it is.", 1))
    run = fields.Integer(required=True, allow_none=True, metadata=about("The run of the job.", 2))
    count = fields.Integer(required=True, allow_none=True, metadata=about("How many features.", 1000))
    valid = fields.Integer(required=True, allow_none=True, metadata=about("How many of them are valid.", 990))
    bounds = fields.List(
        fields.Float(),
        required=True,
        allow_none=True,
        metadata=about("West, south, east, north.", [-122.3, 37.8, -122.2, 37.9]),
    )
    fields_ = fields.Dict(
        required=True,
        data_key="fields",
        attribute="fields",
        keys=fields.String(),
        values=fields.Nested(FillSchema),
        metadata=about("By the name of the field."),
    )
    changes = fields.Dict(
        required=True, allow_none=True, metadata=about("How many were added, removed, moved since the one before.")
    )
    license = fields.Nested(LicenseSchema, required=True, allow_none=True)
    origin = fields.Nested(OriginSchema, required=True)


class DatasetSchema(_Numbers):
    """What is published of one source, layer and name."""

    id = fields.Integer(required=True, metadata=about("Its number, which stays.", 7))
    source_name = fields.String(required=True, metadata=about("The source.", "us/ca/berkeley"))
    layer = fields.String(required=True, validate=validate.OneOf(LAYERS))
    name = fields.String(required=True, metadata=about("The entry inside the layer.", "city"))
    updated_at = Time(required=True, metadata=about("When it was published.", "2026-11-24T12:00:00.123456Z"))
    files = fields.List(fields.Nested(LatestFileSchema), required=True)
    latest_job = fields.Nested(LatestJobSchema, required=True, allow_none=True)
    history = fields.String(required=True, metadata=about("Its earlier publications.", "/api/data/7/history"))
    result = fields.Dict(required=True, allow_none=True, metadata=about("All that the job reported, as it is."))


class DatasetListSchema(ResponseSchema):
    """A page of what is published."""

    total = fields.Integer(required=True, metadata=about("How many there are in all.", 5000))
    total_is_estimate = fields.Boolean(
        required=True, metadata=about("Whether counting stopped early: there are at least `total`.", False)
    )
    data = fields.List(fields.Nested(DatasetSchema), required=True)


class PublicationSchema(_Numbers):
    """One time that a dataset was published."""

    id = fields.Integer(required=True, metadata=about("Its number; higher is later.", 31))
    published_at = Time(required=True, metadata=about("When."))
    files_deleted_at = Time(allow_none=True, metadata=about("Since when its files are not kept any more."))
    files = fields.List(fields.Nested(FileSchema), required=True)


class HistorySchema(ResponseSchema):
    """The publications of a dataset, newest first."""

    data = fields.Integer(required=True, metadata=about("The dataset.", 7))
    total = fields.Integer(required=True)
    total_is_estimate = fields.Boolean(required=True)
    publications = fields.List(fields.Nested(PublicationSchema), required=True)


class LicenseUseSchema(ResponseSchema):
    """A licence, and how much is published under it."""

    license = fields.Nested(LicenseSchema, required=True, allow_none=True)
    attribution = fields.String(required=True, metadata=about("The licence and its credit in one line."))
    datasets = fields.Integer(required=True, metadata=about("How many datasets.", 120))
    features = fields.Integer(required=True, metadata=about("How many features they have.", 5_000_000))


class LicenseListSchema(ResponseSchema):
    """GET /api/licenses."""

    licenses = fields.List(fields.Nested(LicenseUseSchema), required=True)


class CreditSchema(ResponseSchema):
    """A dataset and the credit that is due."""

    source_name = fields.String(required=True)
    layer = fields.String(required=True)
    name = fields.String(required=True)
    license = fields.Nested(LicenseSchema, required=True, allow_none=True)
    attribution = fields.String(required=True, metadata=about("In one line."))
