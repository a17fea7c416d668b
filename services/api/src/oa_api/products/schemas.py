"""What requests about products may say."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import Choices, StrictSchema, Text, about, identifier
from oa_api.http.schemas import MAX_LIMIT, ReasonSchema
from oa_api.products.globs import GLOB
from oa_api.products.plan import EXPORT_FORMATS, FORMATS
from oa_shared.status import LAYERS, JobStatus

MAX_GLOBS = 500
_WEST_EAST, _SOUTH_NORTH = 180, 90
_GLOB_WORDS = "Names of sources with `**` for any levels, `*` within one, `?` for a character; a bare name is a prefix."


class CursorSchema(StrictSchema):
    """How much of a list, from where."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("How many items, at most.", 25)
    )
    cursor = identifier(
        load_default=None,
        metadata=about("The id of the last item that you have; the Link header carries it to the next page."),
    )


class ExportFilterSchema(CursorSchema):
    """GET /api/export."""

    status = Choices(
        *JobStatus, load_default=None, metadata=about("A comma list: in one of these statuses.", "Success")
    )
    format = fields.String(
        load_default=None, validate=validate.OneOf(EXPORT_FORMATS), metadata=about("In this format.", "gpkg")
    )


def _display_name(**extra: Any) -> Text:
    return Text(validate=validate.Length(min=1, max=200), metadata=about("Its name for people.", "Nebraska"), **extra)


def _sources(**extra: Any) -> fields.List[str]:
    glob = Text(validate=validate.Regexp(GLOB, error="Letters, digits, _ . - / and * ? only, not starting with /."))
    words = about(f"Which sources: one of these globs. {_GLOB_WORDS}", ["us/ne/**"])
    return fields.List(glob, validate=validate.Length(min=1, max=MAX_GLOBS), metadata=words, **extra)


def _layer(**extra: Any) -> fields.String:
    known = validate.OneOf(LAYERS)
    return fields.String(allow_none=True, validate=known, metadata=about("Only this layer; null: all."), **extra)


def _formats(**extra: Any) -> fields.List[str]:
    words = about("In which formats it is offered.", list(FORMATS))
    item = fields.String(validate=validate.OneOf(FORMATS))
    return fields.List(item, validate=validate.Length(min=1, max=len(FORMATS)), metadata=words, **extra)


def _deduplicate(**extra: Any) -> fields.Boolean:
    return fields.Boolean(metadata=about("Whether a variant without repeated addresses is made too.", False), **extra)


class NewCollectionSchema(StrictSchema):
    """POST /api/collections."""

    name = Text(
        required=True,
        validate=validate.Regexp(r"[a-z0-9][a-z0-9-]{0,62}\Z", error="Small letters, digits and -; at most 63."),
        metadata=about("Its name in addresses; it never changes.", "us-ne"),
    )
    display_name = _display_name(required=True)
    sources = _sources(required=True)
    layer = _layer(load_default=None)
    formats = _formats(load_default=list(FORMATS))
    deduplicate = _deduplicate(load_default=False)


class CollectionChangeSchema(StrictSchema):
    """PATCH /api/collections/{collection}."""

    display_name = _display_name()
    sources = _sources()
    layer = _layer()
    formats = _formats()
    deduplicate = _deduplicate()


class NewBuildSchema(ReasonSchema):
    """POST /api/collections/{collection}/build and POST /api/fabric."""

    force = fields.Boolean(load_default=False, metadata=about("Build even when nothing has changed.", False))


class NewExportSchema(StrictSchema):
    """POST /api/export."""

    format = fields.String(
        required=True, validate=validate.OneOf(EXPORT_FORMATS), metadata=about("The format of the file.", "gpkg")
    )
    job = identifier(load_default=None, metadata=about("The result of this job, published or not."))
    source = Text(
        load_default=None,
        validate=validate.Regexp(GLOB, error="Letters, digits, _ . - / and * ? only, not starting with /."),
        metadata=about(f"What is published of these sources. {_GLOB_WORDS}", "us/ne/**"),
    )
    layer = _layer(load_default=None)
    bbox = fields.List(
        fields.Float(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(equal=4),
        metadata=about("West, south, east, north in degrees: only what lies inside.", [-96.8, 40.7, -96.6, 40.9]),
    )

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse what names nothing or too much, and a box that is none."""
        if (data.get("job") is None) == (data.get("source") is None):
            raise ValidationError("Give `job` or `source`, one of them.", "source")
        if data.get("job") is not None and data.get("layer") is not None:
            raise ValidationError("A job has one layer: leave this out.", "layer")
        if data.get("bbox") is not None:
            _check_bbox(*data["bbox"])


def _check_bbox(west: float, south: float, east: float, north: float) -> None:
    is_on_earth = max(abs(west), abs(east)) <= _WEST_EAST and max(abs(south), abs(north)) <= _SOUTH_NORTH
    if not is_on_earth or south >= north or west == east:
        raise ValidationError("West, south, east, north in degrees, south below north.", "bbox")
