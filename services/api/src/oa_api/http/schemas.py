"""Schemas that every room builds on: responses, lists, problems, pages of lists, reasons."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from oa_api.http.fields import StrictSchema, Text, Time, about, identifier

MAX_LIMIT = 100
MAX_PAGED_ROWS = 10_000


class ResponseSchema(Schema):
    """All fields in the order in which they are declared."""


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
    """RFC 9457: what is wrong."""

    type = text_field("A name for the kind of problem.", "about:blank#not_found")
    code = text_field("The same name, bare.", "not_found")
    title = text_field("The kind of problem, in words.", "There is no such thing.")
    status = fields.Integer(required=True, metadata=about("The HTTP status.", 404))
    detail = text_field("What happened this time.", "there is no job 7")
    message = text_field("The same as `detail`, for older clients.", "there is no job 7")
    errors = fields.Dict(required=True, keys=fields.String(), metadata=about("From fields to what is wrong with them."))


class ListSchema(ResponseSchema):
    """A page of a list, with the number of rows in all pages."""

    total = fields.Integer(required=True, metadata=about("How many there are in all.", 5000))
    total_is_estimate = fields.Boolean(
        required=True, metadata=about("Whether counting stopped early: there are at least `total`.", False)
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
class Reason:
    """The reason for an action, kept in the audit log."""

    reason: str = ""


class SliceSchema(StrictSchema):
    """How much of a list."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("How many items, at most.", 25)
    )
    page = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=MAX_PAGED_ROWS),
        metadata=about(f"Which page, from 0; only the first {MAX_PAGED_ROWS:,} items can be paged through.", 0),
    )

    @validates_schema
    def check_depth(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse pages that cost the database more than a client should ask for."""
        if data.get("page", 0) * data.get("limit", 1) >= MAX_PAGED_ROWS:
            raise ValidationError(f"Pages end at {MAX_PAGED_ROWS:,} items: follow the Link header.", "page")


class PageSchema(SliceSchema):
    """How much of a list, from where, in which order."""

    cursor = identifier(
        load_default=None,
        metadata=about("The id of the last item that you have; the Link header carries it to the next page."),
    )
    order = fields.String(
        load_default="desc", validate=validate.OneOf(["asc", "desc"]), metadata=about("Oldest or newest first.", "desc")
    )
    sort = fields.String(
        load_default=None,
        validate=validate.OneOf(["id", "created_at"]),
        metadata=about("By what; by `created_at` when `before` or `after` is given, else by `id`.", "id"),
    )
    before = Time(load_default=None, metadata=about("Made before this moment.", "2026-11-24T12:00:00Z"))
    after = Time(load_default=None, metadata=about("Made at or after this moment.", "2026-11-24T00:00:00Z"))
    live = fields.Boolean(load_default=None, metadata=about("Of live runs only, or of the others only.", True))
    run = identifier(load_default=None, metadata=about("Of this run.", 1))

    @validates_schema
    def check_start(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two starts at once."""
        if data.get("cursor") and data.get("page"):
            raise ValidationError("Give `page` or `cursor`, not both.", "cursor")


class ReasonSchema(StrictSchema):
    """What may be said with any deed that the audit trail keeps."""

    reason = Text(
        load_default="",
        validate=validate.Length(max=500),
        metadata=about("Why, for the audit trail.", "the server is back"),
    )
