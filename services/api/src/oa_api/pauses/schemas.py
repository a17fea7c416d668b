"""Pauses: what is asked and how they look."""

from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from oa_api.http.fields import StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import ResponseSchema
from oa_api.pauses.pauses import SCOPES
from oa_shared.scheduling import Lane

_SCOPE = "`all`, a `lane`, a `source` (with a slash at the end: all whose name begins so), or a `host` of data."


class NewPauseSchema(StrictSchema):
    """POST /api/pause."""

    scope = fields.String(required=True, validate=validate.OneOf(SCOPES), metadata=about(_SCOPE, "host"))
    value = Text(
        load_default="",
        validate=validate.Length(max=300),
        metadata=about("Which lane, source or host; nothing for `all`.", "gis.example.org"),
    )
    why = Text(
        required=True, validate=validate.Length(min=1, max=500), metadata=about("Why, for all to see.", "they asked us")
    )
    until = Time(load_default=None, allow_none=True, metadata=about("When it ends by itself.", "2099-01-01T00:00:00Z"))

    @validates_schema
    def check_value(self, data: dict[str, Any], **_: Any) -> None:
        """Each scope needs a value of its own kind."""
        if (data["scope"] == "all") != (not data["value"].strip()):
            raise ValidationError("Say which; `all` takes none.", "value")
        if data["scope"] == "lane" and data["value"] not in set(Lane):
            raise ValidationError(f"The lanes are {', '.join(Lane)}.", "value")
        if data["until"] is not None and data["until"] <= datetime.now(UTC):
            raise ValidationError("That has passed.", "until")

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hosts have no case."""
        value = data["value"].strip()
        return {**data, "value": value.lower() if data["scope"] == "host" else value}


class PauseFormSchema(NewPauseSchema):
    """The form of the page /pauses: how long instead of until when."""

    hours = fields.Float(load_default=None, validate=validate.Range(min=0.01, max=24 * 366))

    @post_load
    def count_hours(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Turn how long into until when."""
        hours = data.pop("hours")
        return {**data, "until": datetime.now(UTC) + timedelta(hours=hours)} if hours else data


class PauseFilterSchema(StrictSchema):
    """GET /api/pause."""

    ended = fields.Boolean(load_default=False, metadata=about("Those that are over too.", True))
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=100), metadata=about("How many items, at most.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("The number of the last one that you have."))


class PauseSchema(ResponseSchema):
    """Something that is, or was, held back."""

    id = fields.Integer(required=True, metadata=about("Its number.", 1))
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES), metadata=about(_SCOPE, "host"))
    value = fields.String(required=True, metadata=about("Which one; empty for `all`.", "gis.example.org"))
    why = fields.String(required=True)
    actor = fields.String(required=True, metadata=about("Who began it.", "ada"))
    at = Time(required=True, metadata=about("Since when."))
    until = Time(required=True, allow_none=True, metadata=about("When it ends by itself."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended; null while it holds."))
    ended_by = fields.String(
        required=True, allow_none=True, metadata=about("Who ended it; empty where its time was over.")
    )
    waiting = fields.Integer(
        required=True, metadata=about("How many messages of jobs it holds back; counting stops at 10,000.", 12)
    )


class PauseListSchema(ResponseSchema):
    """GET /api/pause."""

    pauses = fields.List(fields.Nested(PauseSchema), required=True)
