"""How questions about published data look; the answers are in schemas/datasets.py."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import Numbers, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import SliceSchema
from oa_shared.status import LAYERS

SORTS = ("source", "updated_at")
_BBOX = "Four numbers: west,south,east,north in degrees; west may be greater than east across the date line."
_POINT = "Two numbers: longitude,latitude in degrees."


class PlaceFilterSchema(StrictSchema):
    """Which sources and layers."""

    source = Text(
        load_default=None,
        metadata=about("Of this source; with a slash at the end, of all whose name begins so.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Of this layer."))


class SelectionSchema(PlaceFilterSchema):
    """Which datasets."""

    name = Text(load_default=None, metadata=about("The entry inside the layer.", "city"))
    before = Time(load_default=None, metadata=about("Published before this moment.", "2026-11-24T12:00:00Z"))
    after = Time(load_default=None, metadata=about("Published at or after this moment.", "2026-11-24T00:00:00Z"))
    bbox = Numbers(4, _BBOX, load_default=None, metadata=about(f"Whose bounds touch these. {_BBOX}", "-125,32,-114,42"))
    point = Numbers(2, _POINT, load_default=None, metadata=about(f"Whose bounds hold this. {_POINT}", "-122.27,37.87"))
    validated = fields.Boolean(load_default=None, metadata=about("With a file of valid features, or without.", True))
    failing = fields.Boolean(
        load_default=None, metadata=about("Whose latest job did not publish, or only the others.", True)
    )

    @validates_schema
    def check_place(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two places at once."""
        if data.get("bbox") and data.get("point"):
            raise ValidationError("Give `bbox` or `point`, not both.", "point")


class DataFilterSchema(SliceSchema, SelectionSchema):
    """GET /api/data."""

    cursor = identifier(
        load_default=None,
        metadata=about("The id of the last item that you have; the Link header carries it to the next page."),
    )
    sort = fields.String(
        load_default="source",
        validate=validate.OneOf(SORTS),
        metadata=about("`source`: by source, layer and name; `updated_at`: what was published last comes first."),
    )

    @validates_schema
    def check_start(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two starts at once."""
        if data.get("cursor") and data.get("page"):
            raise ValidationError("Give `page` or `cursor`, not both.", "cursor")


class HistoryFilterSchema(SliceSchema):
    """GET /api/data/{data}/history."""

    cursor = identifier(load_default=None, metadata=about("The id of the last publication that you have."))


class FeedFilterSchema(PlaceFilterSchema):
    """GET /data/feed.atom."""

    cursor = identifier(load_default=None, metadata=about("Older than this publication: `rel=next` carries it."))


class CreditsSchema(SelectionSchema):
    """GET /api/attribution."""

    format = fields.String(
        load_default="text",
        validate=validate.OneOf(["text", "json"]),
        metadata=about("`text`: a file to pass on with the data; `json`: the same in parts.", "text"),
    )
