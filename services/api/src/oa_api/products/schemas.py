"""The schemas of requests about products."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import Choices, RequestSchema, StrictSchema, Text, about, identifier
from oa_api.http.schemas import MAX_LIMIT, CursorSlice, ReasonSchema
from oa_api.products.globs import GLOB
from oa_api.products.requests import CollectionChange, ExportFilter, NewBuild, NewCollection, NewExport
from oa_shared.plan_reading import is_valid_bbox
from oa_shared.products import COLLECTION_FORMATS, EXPORT_FORMATS
from oa_shared.status import LAYERS, JobStatus

MAX_GLOBS = 500
_GLOB_HELP = "`**` matches any levels of the path, `*` a part of one, `?` a character; a plain path is a prefix."
_GLOB_ERROR = "Use letters, digits, _ . - / and * ?, not starting with /."


class _CursorFields(StrictSchema):
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("Maximum number of items.", 25)
    )
    cursor = identifier(
        load_default=None, metadata=about("Cursor: ID of the last item received. The Link header has it.")
    )


class ProductFilterSchema(_CursorFields, RequestSchema[CursorSlice]):
    """Which part of a list of collections or of builds."""


class ExportFilterFields(_CursorFields):
    """Which exports."""

    status = Choices(*JobStatus, load_default=None, metadata=about("Comma-separated statuses.", "Success"))
    format = fields.String(
        load_default=None, validate=validate.OneOf(EXPORT_FORMATS), metadata=about("Filter by format.", "gpkg")
    )


class ExportFilterSchema(ExportFilterFields, RequestSchema[ExportFilter]):
    """GET /api/export."""


def _display_name(**options: Any) -> Text:
    return Text(validate=validate.Length(min=1, max=200), metadata=about("Display name.", "Nebraska"), **options)


def _sources(**options: Any) -> fields.List[str]:
    glob = Text(validate=validate.Regexp(GLOB, error=_GLOB_ERROR))
    metadata = about(f"Globs of sources. {_GLOB_HELP}", ["us/ne/**"])
    return fields.List(glob, validate=validate.Length(min=1, max=MAX_GLOBS), metadata=metadata, **options)


def _layer(**options: Any) -> fields.String:
    known = validate.OneOf(LAYERS)
    return fields.String(allow_none=True, validate=known, metadata=about("Only this layer; null: all."), **options)


def _formats(**options: Any) -> fields.List[str]:
    metadata = about("Formats to build.", list(COLLECTION_FORMATS))
    item = fields.String(validate=validate.OneOf(COLLECTION_FORMATS))
    length = validate.Length(min=1, max=len(COLLECTION_FORMATS))
    return fields.List(item, validate=length, metadata=metadata, **options)


def _deduplicate(**options: Any) -> fields.Boolean:
    return fields.Boolean(metadata=about("Also build a deduplicated version.", False), **options)


class NewCollectionSchema(RequestSchema[NewCollection]):
    """POST /api/collections."""

    name = Text(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9-]{0,62}\Z", error="Use lowercase letters, digits and hyphens, at most 63."
        ),
        metadata=about("URL name: lowercase letters, digits, hyphens; permanent.", "us-ne"),
    )
    display_name = _display_name(required=True)
    sources = _sources(required=True)
    layer = _layer(load_default=None)
    formats = _formats(load_default=list(COLLECTION_FORMATS))
    deduplicate = _deduplicate(load_default=False)


class CollectionChangeSchema(RequestSchema[CollectionChange]):
    """PATCH /api/collections/{collection}; omitted fields stay unchanged."""

    display_name = _display_name()
    sources = _sources()
    layer = _layer()
    formats = _formats()
    deduplicate = _deduplicate()

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Add the names of the given fields, since null is a value of `layer`."""
        return {**data, "given": sorted(data)}


class NewBuildSchema(ReasonSchema, RequestSchema[NewBuild]):
    """POST /api/collections/{collection}/build and POST /api/fabric."""

    force = fields.Boolean(load_default=False, metadata=about("Build even if nothing has changed.", False))


class NewExportSchema(RequestSchema[NewExport]):
    """POST /api/export."""

    format = fields.String(
        required=True, validate=validate.OneOf(EXPORT_FORMATS), metadata=about("Format of the file.", "gpkg")
    )
    job = identifier(load_default=None, metadata=about("Export the result of this job, published or not."))
    source = Text(
        load_default=None,
        validate=validate.Regexp(GLOB, error=_GLOB_ERROR),
        metadata=about(f"Export published data of these sources: a glob. {_GLOB_HELP}", "us/ne/**"),
    )
    layer = _layer(load_default=None)
    bbox = fields.List(
        fields.Float(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(equal=4),
        metadata=about("West, south, east, north in degrees: only features inside.", [-96.8, 40.7, -96.6, 40.9]),
    )

    @validates_schema
    def check(self, data: Mapping[str, Any], **_: object) -> None:
        """Refuse neither or both of `job` and `source`, a layer of a job, and an invalid bbox."""
        if (data.get("job") is None) == (data.get("source") is None):
            raise ValidationError("Give either `job` or `source`.", "source")
        if data.get("job") is not None and data.get("layer") is not None:
            raise ValidationError("Omit `layer`: a job has one layer.", "layer")
        if data.get("bbox") is not None and not is_valid_bbox(*data["bbox"]):
            raise ValidationError("Give west, south, east, north in degrees; south must be less than north.", "bbox")
