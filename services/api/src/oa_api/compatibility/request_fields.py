"""What requests in the form of openaddresses/batch have in common: fields, parts of lists, reading the query."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import web
from marshmallow import EXCLUDE, ValidationError, fields, validate, validates_schema

from oa_api.compatibility.statuses import STATUSES_V1, own_statuses
from oa_api.http.errors import InvalidError
from oa_api.http.fields import MAX_ID, ParsedField, RequestSchema, StrictSchema, Text, about, error_messages, identifier
from oa_api.http.schemas import MAX_LIMIT, MAX_PAGED_ROWS
from oa_shared.status import LAYERS

_ANY = "all"
_MILLISECONDS = 1000
_DATE_LENGTH = len("20261124")
_Request = TypeVar("_Request")


class TimeV1(ParsedField[datetime]):
    """A time: ISO 8601, UTC unless it has an offset, or milliseconds since 1970."""

    default_error_messages = {"invalid": "Not a date or time, like 2026-11-24 or 2026-11-24T12:00:00Z."}  # noqa: RUF012

    def _parse(self, value: object) -> datetime:
        text = str(value).strip()
        try:
            if text.isdigit() and len(text) > _DATE_LENGTH:
                return datetime.fromtimestamp(int(text) / _MILLISECONDS, UTC)
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise self.make_error("invalid") from error


class LayersV1(ParsedField[list[str] | None]):
    """The start of a layer, or `all`; loads as the layers that start so."""

    def _parse(self, value: object) -> list[str] | None:
        start = str(value).lower()
        return None if start == _ANY else [layer for layer in LAYERS if layer.startswith(start)]


class StatusesV1(ParsedField[list[str]]):
    """Comma-separated statuses; loads as those of this service."""

    def _parse(self, value: object) -> list[str]:
        names = [name.strip() for name in str(value).split(",") if name.strip()]
        unknown = sorted(set(names) - set(STATUSES_V1))
        if unknown or not names:
            raise ValidationError(f"Unknown: {', '.join(unknown)[:100]}; use {', '.join(STATUSES_V1)}.")
        return own_statuses(names)


class FlagV1(fields.Boolean):
    """`true`, `false`, or `all` for no filter."""

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object) -> Any:
        return None if value == _ANY else super()._deserialize(value, attr, data, **kwargs)


class OnlyTrueV1(fields.Boolean):
    """`true`, or no filter: openaddresses/batch takes `false` for an absent value."""

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object) -> Any:
        return super()._deserialize(value, attr, data, **kwargs) or None


async def read_query_v1(request: web.Request, schema: RequestSchema[_Request]) -> _Request:
    """Return the query as the schema's dataclass; unknown and empty parameters are ignored. Raises InvalidError."""
    query = {name: value for name, value in request.query.items() if value != ""}
    try:
        loaded: _Request = schema.load(query, unknown=EXCLUDE)
    except ValidationError as error:
        messages = error_messages(error)
        raise InvalidError(f"the query is not valid: {', '.join(messages)}", fields=messages) from error
    return loaded


class SliceFieldsV1(StrictSchema):
    """Which part of a list."""

    limit = fields.Integer(
        load_default=MAX_LIMIT,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata=about("Maximum number of items."),
    )
    page = fields.Integer(load_default=0, validate=validate.Range(min=0), metadata=about("Page number, from 0."))
    order = fields.String(
        load_default="asc", validate=validate.OneOf(["asc", "desc"]), metadata=about("`asc` for oldest first.")
    )
    cursor = fields.Integer(
        load_default=None,
        validate=validate.Range(min=0, max=MAX_ID),
        metadata=about("Only items with a higher ID, oldest first."),
    )
    count = fields.Boolean(load_default=True, metadata=about("Whether to count all items."))
    # Accepted for the clients that send it; lists are always sorted by ID.
    sort = fields.String(load_default="id", metadata=about("Ignored: lists are sorted by ID."))

    @validates_schema
    def check_depth_v1(self, data: Mapping[str, int], **_: object) -> None:
        """Refuse pages so deep that the database would have to skip too many rows."""
        if data["page"] * data["limit"] >= MAX_PAGED_ROWS:
            raise ValidationError(f"Pages end at {MAX_PAGED_ROWS:,} items; use `cursor`.", "page")

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leave out the sort key."""
        return {name: value for name, value in data.items() if name != "sort"}


class PlaceFieldsV1(StrictSchema):
    """Which sources and layers."""

    source = Text(load_default=None, metadata=about("Part of the source's name.", "us/ca"))
    layers = LayersV1(data_key="layer", load_default=None, metadata=about("Start of the layer; `all` for every one."))


class TimeFieldsV1(StrictSchema):
    """Which time."""

    before = TimeV1(load_default=None, metadata=about("Before this time.", "2026-11-24"))
    after = TimeV1(load_default=None, metadata=about("After this time.", "2026-11-24"))


class StatusFieldsV1(StrictSchema):
    """Which statuses."""

    status = StatusesV1(load_default=None, metadata=about("Comma-separated statuses.", "Fail,Warn"))


class RunFieldsV1(StatusFieldsV1, TimeFieldsV1, SliceFieldsV1):
    """Which part of a list of runs, or of jobs by their run."""

    live = FlagV1(load_default=None, metadata=about("Only live runs, or only others; `all` for both."))
    run = identifier(load_default=None, metadata=about("Filter by run ID.", 1))
