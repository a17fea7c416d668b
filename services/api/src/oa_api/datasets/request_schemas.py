"""The schemas of requests about published data."""

from collections.abc import Mapping

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.datasets.requests import (
    AttributionFilter,
    DatasetFilter,
    DatasetSelection,
    FeedFilter,
    NewConversion,
    SourceListFilter,
    StateChange,
    VersionChoice,
)
from oa_api.datasets.withdrawals import DatasetAction
from oa_api.http.fields import Numbers, RequestSchema, StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import CursorSlice, SliceSchema, shape_field
from oa_api.products.conversions import CONVERTED_FILES
from oa_shared.status import LAYERS

SORTS = ("source", "updated_at", "count")
# What a source list can be reduced to: entries with data, with a failed or held job, or without any data so far.
STATES = ("published", "failing", "never")
_BBOX = "Four numbers: west,south,east,north in degrees; west may be greater than east across the antimeridian."
_POINT = "Two numbers: longitude,latitude in degrees."


class _PlaceSchema(StrictSchema):
    """Which sources, layers, entries and places."""

    source = Text(
        load_default=None,
        metadata=about("Filter by source; a trailing slash selects every source with that prefix.", "us/ca/"),
    )
    q = Text(
        load_default=None,
        validate=validate.Length(max=200),
        metadata=about("The source name contains this text, in any case, with or without accents.", "berkeley"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Filter by layer."))
    name = Text(load_default=None, metadata=about("Filter by name of the entry.", "city"))
    bbox = Numbers(4, _BBOX, load_default=None, metadata=about(f"Extent overlaps this. {_BBOX}", "-125,32,-114,42"))
    point = Numbers(2, _POINT, load_default=None, metadata=about(f"Extent contains this. {_POINT}", "-122.27,37.87"))

    @validates_schema
    def check_place(self, data: Mapping[str, object], **_: object) -> None:
        """Refuse `bbox` together with `point`."""
        if data.get("bbox") and data.get("point"):
            raise ValidationError("Give `bbox` or `point`, not both.", "point")


class _SelectionSchema(_PlaceSchema):
    """Which datasets."""

    before = Time(load_default=None, metadata=about("Published before this time.", "2026-11-24T12:00:00Z"))
    after = Time(load_default=None, metadata=about("Published at or after this time.", "2026-11-24T00:00:00Z"))
    validated = fields.Boolean(load_default=None, metadata=about("With, or without, a file of valid features.", True))
    failing = fields.Boolean(
        load_default=None,
        metadata=about("Only datasets whose latest job was not published (true), or only the others (false).", True),
    )


class DatasetSelectionSchema(_SelectionSchema, RequestSchema[DatasetSelection]):
    """GET /api/data/places."""


class DatasetFilterSchema(SliceSchema, _SelectionSchema, RequestSchema[DatasetFilter]):
    """GET /api/data."""

    cursor = identifier(
        load_default=None, metadata=about("Cursor: ID of the last item received. The Link header has it.")
    )
    sort = fields.String(
        load_default="source",
        validate=validate.OneOf(SORTS),
        metadata=about(
            "`source`: by source, layer and name; `updated_at`: most recently published first; "
            "`count`: most features first."
        ),
    )
    fields_ = shape_field("the keys of `GET /api/data/{data}`")

    @validates_schema
    def check_start(self, data: Mapping[str, object], **_: object) -> None:
        """Refuse `page` together with `cursor`."""
        if data.get("cursor") and data.get("page"):
            raise ValidationError("Give `page` or `cursor`, not both.", "cursor")


class SourceListFilterSchema(SliceSchema, _SelectionSchema, RequestSchema[SourceListFilter]):
    """GET /api/sources, and the page /data."""

    cursor = Text(load_default=None, metadata=about("Cursor: name of the last source received.", "us/ca/berkeley"))
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(STATES),
        metadata=about("`published`: with data; `failing`: the latest job was not published; `never`: no data so far."),
    )
    sort = fields.String(
        load_default="source",
        validate=validate.OneOf(SORTS),
        metadata=about("`source`; `updated_at`: most recently published first; `count`: most features first."),
    )


class HistoryFilterSchema(SliceSchema, RequestSchema[CursorSlice]):
    """GET /api/data/{data}/history."""

    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last publication received."))


class FeedFilterSchema(_PlaceSchema, RequestSchema[FeedFilter]):
    """GET /data/feed.atom."""

    cursor = identifier(load_default=None, metadata=about("Before this publication: the link `rel=next` has it."))


class AttributionFilterSchema(_SelectionSchema, RequestSchema[AttributionFilter]):
    """GET /api/attribution."""

    format = fields.String(
        load_default="text",
        validate=validate.OneOf(["text", "json"]),
        metadata=about("`text`: a file to redistribute with the data; `json`: one item per dataset.", "text"),
    )


class NewConversionSchema(RequestSchema[NewConversion]):
    """POST /api/data/{data}/conversions."""

    format = fields.String(
        required=True, validate=validate.OneOf([str(key) for key in CONVERTED_FILES]), metadata=about("Format.", "csv")
    )


class StateChangeSchema(RequestSchema[StateChange]):
    """POST /api/data/{data}/state."""

    action = fields.String(
        required=True,
        validate=validate.OneOf(list(DatasetAction)),
        metadata=about(
            "`retire`: remove it from lists, products and /latest, and keep its files; `delete`: delete the files of a "
            "retired dataset; `restore`: offer it again, a deleted one with its next result.",
            "retire",
        ),
    )
    reason = Text(
        required=True,
        validate=validate.Length(min=1, max=500),
        metadata=about("Reason, for the audit log and the feed.", "replaced by the data of the state"),
    )


class VersionChoiceSchema(RequestSchema[VersionChoice]):
    """GET /data/{data}/compare."""

    before = identifier(load_default=None, metadata=about("Publication to compare with; default: a week ago."))
    after = identifier(load_default=None, metadata=about("Publication to compare; default: the newest one."))
