"""Schemas that every room builds on: responses, lists, problems, pages of lists, reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from oa_api.http.fields import RequestSchema, StrictSchema, Text, Time, about, identifier

MAX_LIMIT = 100
MAX_PAGED_ROWS = 10_000
# How much of each item a list returns.
SUMMARY, ALL_FIELDS = "summary", "all"


class ResponseSchema(Schema):
    """A response, with its fields in the order of their declaration."""


def id_field(what: str) -> fields.Integer:
    """Return the field of an ID in a response."""
    return fields.Integer(required=True, metadata=about(what, 1))


def text_field(what: str, *examples: str, allow_none: bool = False) -> fields.String:
    """Return a required text field of a response."""
    return fields.String(required=True, allow_none=allow_none, metadata=about(what, *examples))


def time_field(what: str, *, allow_none: bool = False) -> Time:
    """Return a required time field of a response."""
    return Time(required=True, allow_none=allow_none, metadata=about(what, "2026-11-24T12:00:00.123456Z"))


class ProblemSchema(ResponseSchema):
    """Problem details (RFC 9457)."""

    type = text_field("Type of the problem, as a URI reference.", "about:blank#not_found")
    code = text_field("Code of the problem.", "not_found")
    title = text_field("Description of the problem type.", "Not found.")
    status = fields.Integer(required=True, metadata=about("HTTP status.", 404))
    detail = text_field("Description of the problem of this request.", "job 7 does not exist")
    message = text_field("Same as `detail`, for older clients.", "job 7 does not exist")
    errors = fields.Dict(required=True, keys=fields.String(), metadata=about("Messages by field."))


class ListSchema(ResponseSchema):
    """A page of a list, with the number of rows in all pages."""

    total = fields.Integer(required=True, metadata=about("Number of items on all pages.", 5000))
    total_is_estimate = fields.Boolean(
        required=True, metadata=about("Whether counting stopped early: there are at least `total` items.", False)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """How much of a list to return: `limit` rows, after `page` pages of that size."""

    limit: int
    page: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class CursorSlice(Slice):
    """How much of a list to return, from where: `cursor` is the ID of the last row received."""

    cursor: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TextCursorSlice(Slice):
    """How much of a list to return whose IDs are text, from where: `cursor` is the ID of the last row received."""

    cursor: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """The reason for an action, kept in the audit log."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoFields:
    """A request without fields."""


class NoFieldsSchema(RequestSchema[NoFields]):
    """A request without fields, such as a form that is one button."""


class SliceSchema(StrictSchema):
    """Which part of a list to return."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("Maximum number of items.", 25)
    )
    page = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=MAX_PAGED_ROWS),
        metadata=about(f"Page number, from 0; pages end at {MAX_PAGED_ROWS:,} items.", 0),
    )

    @validates_schema
    def check_depth(self, data: Mapping[str, int], **_: object) -> None:
        """Refuse pages so deep that the database would have to skip too many rows."""
        if data.get("page", 0) * data.get("limit", 1) >= MAX_PAGED_ROWS:
            raise ValidationError(f"Pages end at {MAX_PAGED_ROWS:,} items; follow the Link header instead.", "page")


def shape_field(more: str) -> fields.String:
    """Return the parameter `fields`: how much of each item a list returns; `more` is what ALL_FIELDS adds."""
    return fields.String(
        data_key="fields",
        attribute="fields",
        load_default=SUMMARY,
        validate=validate.OneOf([SUMMARY, ALL_FIELDS]),
        metadata=about(f"`summary`, or `all` to add {more}; an item by its ID always has them.", SUMMARY),
    )


class PageSchema(SliceSchema):
    """Which part of a list to return, in which order."""

    cursor = identifier(
        load_default=None,
        metadata=about("Cursor: ID of the last item received. The Link header has it."),
    )
    order = fields.String(
        load_default="desc",
        validate=validate.OneOf(["asc", "desc"]),
        metadata=about("`asc` for oldest first, `desc` for newest first.", "desc"),
    )
    sort = fields.String(
        load_default=None,
        validate=validate.OneOf(["id", "created_at"]),
        metadata=about("Sort key; default `created_at` with `before` or `after`, else `id`.", "id"),
    )
    before = Time(load_default=None, metadata=about("Created before this time.", "2026-11-24T12:00:00Z"))
    after = Time(load_default=None, metadata=about("Created at or after this time.", "2026-11-24T00:00:00Z"))
    live = fields.Boolean(load_default=None, metadata=about("Only live runs (true), or only trial runs (false).", True))
    run = identifier(load_default=None, metadata=about("Filter by run ID.", 1))

    @validates_schema
    def check_start(self, data: Mapping[str, int], **_: object) -> None:
        """Refuse `page` together with `cursor`."""
        if data.get("cursor") and data.get("page"):
            raise ValidationError("Give `page` or `cursor`, not both.", "cursor")


class ReasonSchema(StrictSchema):
    """The reason for an action, kept in the audit log; schemas of actions with more fields inherit from it."""

    reason = Text(
        load_default="",
        validate=validate.Length(max=500),
        metadata=about("Reason, for the audit log.", "the server is back"),
    )


class ActionReasonSchema(ReasonSchema, RequestSchema[Reason]):
    """A request of an action that has no other fields than the reason."""
