"""The schemas of responses about published data; serializers.py writes most of them."""

from marshmallow import fields, validate

from oa_api.datasets.withdrawals import OfferState
from oa_api.http.fields import Time, about
from oa_api.http.schemas import ListSchema, ResponseSchema, text_field, time_field
from oa_api.products.conversions import CONVERTED_FILES, ConversionState
from oa_shared.status import LAYERS, JobStatus


class LicenseSchema(ResponseSchema):
    """The license as the source states it; null for a value that it does not state."""

    url = text_field("URL of the license text.", allow_none=True)
    text = text_field("Name or text of the license.", "CC BY 4.0", allow_none=True)
    attribution = fields.Boolean(required=True, allow_none=True, metadata=about("Whether attribution is required."))
    attribution_name = text_field("Licensor to name.", "City of Berkeley", allow_none=True)
    share_alike = fields.Boolean(
        required=True, allow_none=True, metadata=about("Whether derived data must have the same license.")
    )
    remarks = text_field("Further remarks of the source.", allow_none=True)
    website = text_field(
        "Website of the source, to credit it; null unless attribution is required without a name.", allow_none=True
    )


class FillSchema(ResponseSchema):
    """How many features have a value in a field."""

    filled = fields.Integer(required=True, metadata=about("Number of features with a value.", 980))
    rate = fields.Float(required=True, metadata=about("Share of features with a value, 0 to 1.", 0.98))


class PublishedFileSchema(ResponseSchema):
    """A file of a publication."""

    name = text_field("Name of the file.", "source.parquet")
    size_bytes = fields.Integer(required=True, allow_none=True, metadata=about("Size in bytes.", 123_456))
    sha256 = text_field("SHA-256 of the file.", allow_none=True)
    url = text_field(
        "Permanent URL of exactly this file; null after it is deleted.",
        "/api/job/12/output/source.parquet?attempt=1",
        allow_none=True,
    )


class LatestFileSchema(PublishedFileSchema):
    """A file of the published result."""

    latest = text_field("URL of the latest version.", "/latest/us/ca/berkeley/addresses/city/source.parquet")


class OriginSchema(ResponseSchema):
    """The definition that the job was created from."""

    sha256 = text_field("SHA-256 of the definition.", allow_none=True)
    url = text_field("URL of the definition.", allow_none=True)
    commit = text_field("Commit of the definition.", "0a1b2c3", allow_none=True)
    definition = text_field("Path of its text.", "/api/job/12/raw")


class LatestJobSchema(ResponseSchema):
    """A newer job of a live run that was not published."""

    id = fields.Integer(required=True, metadata=about("ID of the job.", 14))
    run = fields.Integer(required=True, metadata=about("ID of its run.", 3))
    attempt = fields.Integer(required=True, metadata=about("Number of its attempt.", 1))
    status = fields.String(required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("Status."))
    code = text_field("Failure code.", "source.not_found", allow_none=True)
    error = text_field("Reason, as a message.", "https://example.org/a.zip answered 404")
    ended_at = time_field("When it ended.", allow_none=True)


class _FiguresSchema(ResponseSchema):
    job = fields.Integer(required=True, metadata=about("ID of the job with this result.", 12))
    attempt = fields.Integer(required=True, metadata=about("Number of the attempt with this result.", 1))
    run = fields.Integer(required=True, allow_none=True, metadata=about("ID of the run of the job.", 2))
    count = fields.Integer(required=True, allow_none=True, metadata=about("Number of features.", 1000))
    valid = fields.Integer(required=True, allow_none=True, metadata=about("Number of valid features.", 990))
    bounds = fields.List(
        fields.Float(),
        required=True,
        allow_none=True,
        metadata=about("West, south, east, north.", [-122.3, 37.8, -122.2, 37.9]),
    )
    license = fields.Nested(LicenseSchema, required=True, allow_none=True)


def _fill_field(*, required: bool) -> fields.Dict:
    return fields.Dict(
        required=required,
        data_key="fields",
        attribute="fields",
        keys=fields.String(),
        values=fields.Nested(FillSchema),
        metadata=about("Attribute counts by field name."),
    )


def _changes_field(*, required: bool) -> fields.Dict:
    text = "Counts of changes since the previous publication; `fields` has them by field: lost, changed, gained."
    return fields.Dict(required=required, allow_none=True, metadata=about(text))


class _ResultSchema(_FiguresSchema):
    fields_ = _fill_field(required=True)
    changes = _changes_field(required=True)
    origin = fields.Nested(OriginSchema, required=True)


class _DatasetFieldsSchema(_FiguresSchema):
    id = fields.Integer(required=True, metadata=about("Permanent ID.", 7))
    source_name = text_field("Source.", "us/ca/berkeley")
    layer = fields.String(required=True, validate=validate.OneOf(LAYERS), metadata=about("Layer.", "addresses"))
    name = text_field("Name of the entry in the layer.", "city")
    updated_at = time_field("When it was published.")
    checked_at = time_field("When it was published, or last found up to date: the source had not changed.")
    checked_job = fields.Integer(required=True, metadata=about("ID of the job that did so.", 19))
    attribution = text_field("Attribution and license in one line.", "© City of Berkeley. License: CC BY 4.0.")
    state = fields.String(
        required=True,
        validate=validate.OneOf(list(OfferState)),
        metadata=about(
            "`published`; `retired`: not in lists and /latest, with its files; `deleted`: without its files; "
            "`reopened`: deleted, and the next result publishes it.",
            "published",
        ),
    )
    latest_job = fields.Nested(LatestJobSchema, required=True, allow_none=True)
    history = text_field("Path of its publications.", "/api/data/7/history")


class DatasetSchema(_DatasetFieldsSchema, _ResultSchema):
    """The published result of a source, layer and name."""

    files = fields.List(fields.Nested(LatestFileSchema), required=True)
    result = fields.Dict(required=True, allow_none=True, metadata=about("The complete result that the job reported."))


class ListedDatasetSchema(_DatasetFieldsSchema):
    """A dataset in a list. `fields=all` adds the keys that are not required."""

    fields_ = _fill_field(required=False)
    changes = _changes_field(required=False)
    origin = fields.Nested(OriginSchema)
    files = fields.List(fields.Nested(LatestFileSchema))
    result = fields.Dict(allow_none=True, metadata=about("The complete result that the job reported."))


class DatasetListSchema(ListSchema):
    """A page of datasets."""

    data = fields.List(fields.Nested(ListedDatasetSchema), required=True)


class PublicationSchema(_ResultSchema):
    """A publication of a dataset."""

    id = fields.Integer(required=True, metadata=about("ID; later publications have higher ones.", 31))
    published_at = time_field("When it was published.")
    files_deleted_at = Time(allow_none=True, metadata=about("When retention marked its files for deletion."))
    files = fields.List(fields.Nested(PublishedFileSchema), required=True)


class HistorySchema(ListSchema):
    """The publications of a dataset, newest first."""

    data = fields.Integer(required=True, metadata=about("ID of the dataset.", 7))
    publications = fields.List(fields.Nested(PublicationSchema), required=True)


class LicenseUseSchema(ResponseSchema):
    """A license, and how much published data has it."""

    license = fields.Nested(LicenseSchema, required=True, allow_none=True)
    attribution = text_field("Attribution and license in one line.", "© City of Berkeley. License: CC BY 4.0.")
    datasets = fields.Integer(required=True, metadata=about("Number of datasets.", 120))
    features = fields.Integer(required=True, metadata=about("Number of their features.", 5_000_000))


class LicenseListSchema(ResponseSchema):
    """GET /api/licenses."""

    licenses = fields.List(fields.Nested(LicenseUseSchema), required=True)


class AttributionSchema(ResponseSchema):
    """A dataset and its attribution: an item of GET /api/attribution?format=json."""

    source_name = text_field("Source.", "us/ca/berkeley")
    layer = text_field("Layer.", "addresses")
    name = text_field("Name of the entry in the layer.", "city")
    license = fields.Nested(LicenseSchema, required=True, allow_none=True)
    attribution = text_field("Attribution and license in one line.", "© City of Berkeley. License: CC BY 4.0.")


class AttributionListSchema(ResponseSchema):
    """GET /api/attribution?format=json."""

    datasets = fields.List(fields.Nested(AttributionSchema), required=True)


class ChangedDatasetSchema(ResponseSchema):
    """The state of a dataset after a change."""

    data = fields.Integer(required=True, metadata=about("ID of the dataset.", 7))
    state = fields.String(
        required=True, validate=validate.OneOf(list(OfferState)), metadata=about("State of the dataset.")
    )


class ConversionSchema(ResponseSchema):
    """A format of the published result that is written on request, and kept with it."""

    format = fields.String(
        required=True, validate=validate.OneOf([str(key) for key in CONVERTED_FILES]), metadata=about("Format.", "csv")
    )
    file = text_field("Name of the file below /latest.", "source.csv.gz")
    state = fields.String(
        required=True,
        validate=validate.OneOf(list(ConversionState)),
        metadata=about(
            "`available`: a request starts it; `preparing`: `job` writes it; `ready`: `url` is the file; `failed`: "
            "`reason` states why; `refused`: `reason` states why it is not offered.",
            "ready",
        ),
    )
    job = fields.Integer(required=True, allow_none=True, metadata=about("ID of its job.", 21))
    url = text_field("Permanent URL of the file.", "/api/job/21/output/export.csv.gz?attempt=1", allow_none=True)
    size_bytes = fields.Integer(required=True, allow_none=True, metadata=about("Size in bytes.", 123_456))
    sha256 = text_field("SHA-256 of the file.", allow_none=True)
    reason = text_field("Reason for a missing file.", allow_none=True)
    wait_s = fields.Integer(
        required=True, allow_none=True, metadata=about("Estimated seconds until the file or a new try.", 30)
    )


class ConversionListSchema(ResponseSchema):
    """The formats that a published result can be converted to."""

    data = fields.Integer(required=True, metadata=about("ID of the dataset.", 7))
    conversions = fields.List(fields.Nested(ConversionSchema), required=True)
