"""The schemas of responses about products."""

from marshmallow import fields, validate

from oa_api.http.fields import Time, about
from oa_api.http.schemas import ListSchema, ResponseSchema, id_field, text_field, time_field
from oa_api.jobs.schemas import FailureSchema
from oa_api.products.product_files import ProductFile
from oa_api.products.rows import SKIPPED
from oa_shared.products import EXPORT_FORMATS
from oa_shared.status import LAYERS, JobStatus


def _optional_id(description: str) -> fields.Integer:
    return fields.Integer(required=True, allow_none=True, metadata=about(description, 1))


def _time(description: str, attribute: str, *, allow_none: bool = False) -> Time:
    metadata = about(description, "2026-11-24T12:00:00.123456Z")
    return Time(required=True, allow_none=allow_none, attribute=attribute, metadata=metadata)


def _inputs() -> fields.Integer:
    return fields.Integer(required=True, metadata=about("Number of datasets.", 93))


def _features() -> fields.Integer:
    return fields.Integer(required=True, metadata=about("Number of features of the datasets.", 1_200_000))


def _error() -> fields.Nested:
    return fields.Nested(FailureSchema, required=True, allow_none=True)


class ProductFileSchema(ResponseSchema):
    """A file of a product."""

    name = text_field("Name of the file.", "collection.geojson.zip")
    url = text_field("Stable URL of the latest version.", "/api/collections/1/output/collection.geojson.zip")
    size_bytes = fields.Integer(required=True, metadata=about("Size in bytes.", 123_456))
    sha256 = text_field("SHA-256 of the file.")


class _Files(fields.List[object]):
    """Files of a product, dumped without their schema: a page may list a thousand."""

    def __init__(self, attribute: str = "files") -> None:
        super().__init__(fields.Nested(ProductFileSchema), required=True, attribute=attribute)

    def _serialize(
        self,
        value: list[object] | None,
        attr: str | None,  # noqa: ARG002
        obj: object,  # noqa: ARG002
        **_: object,
    ) -> list[object]:
        return [
            {"name": file.name, "url": file.url, "size_bytes": file.size_bytes, "sha256": file.sha256}
            for file in value or ()
            if isinstance(file, ProductFile)
        ]


class ProductResultSchema(ResponseSchema):
    """The latest successful build of a product; null and empty before the first."""

    job = _optional_id("ID of the job that built it.")
    built_at = time_field("When it was built.", allow_none=True)
    count = fields.Integer(required=True, allow_none=True, metadata=about("Number of features.", 1_199_000))
    bounds = fields.List(fields.Float(), required=True, allow_none=True, metadata=about("West, south, east, north."))
    size = fields.Integer(required=True, metadata=about("Size of all files in bytes.", 123_456))
    files = _Files()


class BuildStateSchema(ResponseSchema):
    """A build of a product."""

    job = _optional_id("ID of the job; null for a skipped build.")
    status = fields.String(
        required=True,
        attribute="state",
        validate=validate.OneOf([*JobStatus, SKIPPED]),
        metadata=about("Status of the job, or `Skipped`.", "Success"),
    )
    created_at = time_field("When it was requested.")
    ended_at = time_field("When it ended.", allow_none=True)
    error = _error()


class CollectionBuildSchema(BuildStateSchema):
    """A build of a collection."""

    id = id_field("ID of the build.")
    collection = id_field("ID of the collection.")
    skipped = text_field("Reason for creating no job.", "nothing has changed since job 7", allow_none=True)
    inputs = _inputs()
    features = _features()
    is_newest = fields.Boolean(required=True, metadata=about("Whether its files are the current ones.", True))


class CollectionSchema(ProductResultSchema):
    """A collection: published data of several sources in one download."""

    id = id_field("ID of the collection.")
    name = text_field("URL name.", "us-ne")
    display_name = text_field("Display name.", "Nebraska")
    sources = fields.List(fields.String(), required=True, metadata=about("Globs of sources.", ["us/ne/**"]))
    layer = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(LAYERS), metadata=about("Only this layer.")
    )
    formats = fields.List(fields.String(), required=True, metadata=about("Formats.", ["geojson"]))
    deduplicate = fields.Boolean(required=True, metadata=about("Whether there is a deduplicated version too."))
    created = _time("When it was created.", "created_at")
    updated_at = time_field("When it was last changed.")
    build = fields.Nested(
        CollectionBuildSchema,
        required=True,
        allow_none=True,
        attribute="latest_build",
        metadata=about("The latest build."),
    )


class CollectionListSchema(ListSchema):
    """GET /api/collections."""

    collections = fields.List(fields.Nested(CollectionSchema), required=True)


class BuildListSchema(ListSchema):
    """GET /api/collections/{collection}/builds."""

    builds = fields.List(fields.Nested(CollectionBuildSchema), required=True)


class CollectionDeletedSchema(ResponseSchema):
    """DELETE /api/collections/{collection}."""

    status = fields.Integer(required=True, metadata=about("HTTP status.", 200))
    message = text_field("Confirmation.", "collection us-ne is deleted")


class _StartedSchema(ResponseSchema):
    job = _optional_id("ID of the job that builds it; null if none is needed.")
    skipped = text_field("Reason for creating no job.", "nothing has changed since job 7", allow_none=True)
    inputs = _inputs()
    features = _features()


class StartedCollectionBuildSchema(_StartedSchema):
    """POST /api/collections/{collection}/build."""

    id = id_field("ID of the build.")
    collection = id_field("ID of the collection.")
    left_out = fields.Integer(required=True, metadata=about("Number of datasets without a file.", 0))


class StartedLayerSchema(_StartedSchema):
    """A started build of a layer of the fabric, or why it is skipped."""

    layer = fields.String(required=True, validate=validate.OneOf(LAYERS), metadata=about("Layer.", "addresses"))


class StartedFabricSchema(ResponseSchema):
    """POST /api/fabric."""

    layers = fields.List(fields.Nested(StartedLayerSchema), required=True)


class ExportSchema(ResponseSchema):
    """An export."""

    id = id_field("ID of the export.")
    status = fields.String(
        required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("Status of its job.", "Success")
    )
    format = fields.String(required=True, validate=validate.OneOf(EXPORT_FORMATS), metadata=about("Format.", "gpkg"))
    asked = fields.Dict(required=True, metadata=about("The request.", {"source": "us/ne/**", "format": "gpkg"}))
    run = id_field("ID of the run of its job.")
    job = id_field("ID of its job.")
    inputs = _inputs()
    features = _features()
    created = _time("When it was requested.", "created_at")
    ready_at = time_field("When its file was ready.", allow_none=True)
    expiry = _time("When its file expires.", "expires_at", allow_none=True)
    is_expired = fields.Boolean(required=True, metadata=about("Whether it has expired.", False))
    count = fields.Integer(required=True, allow_none=True, metadata=about("Number of features in the file.", 12_345))
    size = fields.Integer(required=True, metadata=about("Size of all files in bytes.", 123_456))
    files = _Files("kept_files")
    progress = fields.Dict(required=True, allow_none=True, metadata=about("Progress of its job."))
    error = _error()


class ExportListSchema(ListSchema):
    """GET /api/export."""

    exports = fields.List(fields.Nested(ExportSchema), required=True)


class FabricLayerSchema(ProductResultSchema):
    """A layer of the fabric."""

    layer = fields.String(required=True, validate=validate.OneOf(LAYERS), metadata=about("Layer.", "addresses"))
    build = fields.Nested(
        BuildStateSchema,
        required=True,
        allow_none=True,
        attribute="latest_build",
        metadata=about("The latest build."),
    )


class FabricSchema(ResponseSchema):
    """GET /api/fabric."""

    layers = fields.List(fields.Nested(FabricLayerSchema), required=True)
