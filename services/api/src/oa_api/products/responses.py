"""How answers about products look."""

from typing import Any

from marshmallow import fields, validate

from oa_api.http.fields import Time, about
from oa_api.http.schemas import ResponseSchema
from oa_api.jobs.schemas import FailureSchema
from oa_api.products.plan import EXPORT_FORMATS
from oa_shared.status import LAYERS, JobStatus

SKIPPED = "Skipped"


def _id(what: str, *, allow_none: bool = False) -> fields.Integer:
    return fields.Integer(required=True, allow_none=allow_none, metadata=about(what, 1))


def _text(what: str, *examples: str, allow_none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=allow_none, metadata=about(what, *examples))


def _time(what: str, *, allow_none: bool = False) -> Time:
    return Time(required=True, allow_none=allow_none, metadata=about(what, "2026-11-24T12:00:00.123456Z"))


def _inputs() -> fields.Integer:
    return fields.Integer(required=True, metadata=about("Of how many datasets.", 93))


def _features() -> fields.Integer:
    return fields.Integer(required=True, metadata=about("How many features those have.", 1_200_000))


def _error() -> fields.Nested:
    return fields.Nested(FailureSchema, required=True, allow_none=True)


class ProductFileSchema(ResponseSchema):
    """A file of a product."""

    name = _text("Its name.", "collection.geojson.zip")
    url = _text("Where it is: always the newest one.", "/api/collections/1/output/collection.geojson.zip")
    size_bytes = fields.Integer(required=True, metadata=about("Its size.", 123_456))
    sha256 = _text("Its SHA-256.")


class _Files(fields.List[Any]):
    """Files of a product, dumped as they are: there may be a thousand of them on one page."""

    def __init__(self) -> None:
        super().__init__(fields.Nested(ProductFileSchema), required=True)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> Any:  # noqa: ARG002
        return value


class MadeSchema(ResponseSchema):
    """What a product has to show once it is built; null and empty before."""

    job = _id("The job that built it.", allow_none=True)
    built_at = _time("When it was built.", allow_none=True)
    count = fields.Integer(required=True, allow_none=True, metadata=about("How many features are in it.", 1_199_000))
    bounds = fields.List(fields.Float(), required=True, allow_none=True, metadata=about("West, south, east, north."))
    size = fields.Integer(required=True, metadata=about("The bytes of all its files.", 123_456))
    files = _Files()


class BuildStateSchema(ResponseSchema):
    """One time that a product was to be built."""

    job = _id("The job that does it; null when it was skipped.", allow_none=True)
    status = fields.String(
        required=True,
        validate=validate.OneOf([*JobStatus, SKIPPED]),
        metadata=about("That of its job, or `Skipped`.", "Success"),
    )
    created_at = _time("When that was asked for.")
    ended_at = _time("When it ended.", allow_none=True)
    error = _error()


class CollectionBuildSchema(BuildStateSchema):
    """One time that a collection was to be built."""

    id = _id("The number of the build.")
    collection = _id("The collection.")
    skipped = _text("Why no job was made.", "nothing has changed since job 7", allow_none=True)
    inputs = _inputs()
    features = _features()
    is_newest = fields.Boolean(required=True, metadata=about("Whether its files are the ones that are offered.", True))


class CollectionSchema(MadeSchema):
    """Sources that are offered together."""

    id = _id("The number of the collection.")
    name = _text("Its name in addresses.", "us-ne")
    display_name = _text("Its name for people.", "Nebraska")
    sources = fields.List(fields.String(), required=True, metadata=about("Which sources, as globs.", ["us/ne/**"]))
    layer = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(LAYERS), metadata=about("Only this layer.")
    )
    formats = fields.List(fields.String(), required=True)
    deduplicate = fields.Boolean(required=True)
    created = _time("When it was made.")
    updated_at = _time("When it was last changed.")
    build = fields.Nested(CollectionBuildSchema, required=True, allow_none=True, metadata=about("The latest build."))


class _List(ResponseSchema):
    total = fields.Integer(required=True, metadata=about("How many there are in all.", 12))
    total_is_estimate = fields.Boolean(
        required=True, metadata=about("Whether counting stopped early: there are at least `total`.", False)
    )


class CollectionListSchema(_List):
    """GET /api/collections."""

    collections = fields.List(fields.Nested(CollectionSchema), required=True)


class BuildListSchema(_List):
    """GET /api/collections/{collection}/builds."""

    builds = fields.List(fields.Nested(CollectionBuildSchema), required=True)


class CollectionDeletedSchema(ResponseSchema):
    """DELETE /api/collections/{collection}."""

    status = fields.Integer(required=True, metadata=about("The HTTP status.", 200))
    message = _text("What was done.", "collection us-ne is deleted")


class _Started(ResponseSchema):
    job = _id("The job that builds it; null when none is needed.", allow_none=True)
    skipped = _text("Why no job was made.", "nothing has changed since job 7", allow_none=True)
    inputs = _inputs()
    features = _features()


class BuildStartedSchema(_Started):
    """POST /api/collections/{collection}/build."""

    id = _id("The number of the build.")
    collection = _id("The collection.")
    left_out = fields.Integer(required=True, metadata=about("How many datasets have no file to read.", 0))


class LayerStartedSchema(_Started):
    """What became of one layer."""

    layer = fields.String(required=True, validate=validate.OneOf(LAYERS))


class FabricStartedSchema(ResponseSchema):
    """POST /api/fabric."""

    layers = fields.List(fields.Nested(LayerStartedSchema), required=True)


class ExportSchema(ResponseSchema):
    """A file that somebody asked for."""

    id = _id("The number of the export.")
    status = fields.String(
        required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("That of its job.", "Success")
    )
    format = fields.String(required=True, validate=validate.OneOf(EXPORT_FORMATS))
    asked = fields.Dict(required=True, metadata=about("What was asked for.", {"source": "us/ne/**", "format": "gpkg"}))
    run = _id("The run of its job.")
    job = _id("The job that makes it.")
    inputs = _inputs()
    features = _features()
    created = _time("When it was asked for.")
    ready_at = _time("When its file was there.", allow_none=True)
    expiry = _time("Until when its file is kept.", allow_none=True)
    is_expired = fields.Boolean(required=True, metadata=about("Whether that is over.", False))
    count = fields.Integer(required=True, allow_none=True, metadata=about("How many features are in the file.", 12_345))
    size = fields.Integer(required=True, metadata=about("The bytes of all its files.", 123_456))
    files = _Files()
    progress = fields.Dict(required=True, allow_none=True, metadata=about("How far its job is."))
    error = _error()


class ExportListSchema(_List):
    """GET /api/export."""

    exports = fields.List(fields.Nested(ExportSchema), required=True)


class FabricLayerSchema(MadeSchema):
    """The map of one layer."""

    layer = fields.String(required=True, validate=validate.OneOf(LAYERS))
    build = fields.Nested(BuildStateSchema, required=True, allow_none=True, metadata=about("The latest build."))


class FabricSchema(ResponseSchema):
    """GET /api/fabric."""

    layers = fields.List(fields.Nested(FabricLayerSchema), required=True)
