"""The schemas of pauses: requests, and how a pause looks in a response."""

from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import RequestSchema, Text, Time, about, identifier
from oa_api.http.schemas import ResponseSchema
from oa_api.pauses.requests import SCOPES, NewPause, PauseFilter
from oa_shared.scheduling import Lane

_SCOPE = "`all`, a `lane`, a `source` (a trailing slash selects every source with that prefix), or a `host` of data."


class NewPauseSchema(RequestSchema[NewPause]):
    """POST /api/pause."""

    scope = fields.String(required=True, validate=validate.OneOf(SCOPES), metadata=about(_SCOPE, "host"))
    value = Text(
        load_default="",
        validate=validate.Length(max=300),
        metadata=about("The lane, source or host; empty for `all`.", "gis.example.org"),
    )
    reason = Text(
        required=True,
        validate=validate.Length(min=1, max=500),
        metadata=about("Reason, visible to everyone.", "the host asked us to stop"),
    )
    until = Time(load_default=None, allow_none=True, metadata=about("When the pause expires.", "2099-01-01T00:00:00Z"))

    @validates_schema
    def check_value(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a value that does not fit the scope, and a time that has passed."""
        if (data["scope"] == "all") != (not data["value"].strip()):
            raise ValidationError("Name a lane, source or host; leave it empty for `all`.", "value")
        if data["scope"] == "lane" and data["value"] not in set(Lane):
            raise ValidationError(f"Unknown lane; use {', '.join(Lane)}.", "value")
        if data["until"] is not None and data["until"] <= datetime.now(UTC):
            raise ValidationError("Must be in the future.", "until")

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Strip the value, and lowercase hosts, whose names have no case."""
        value = data["value"].strip()
        return {**data, "value": value.lower() if data["scope"] == "host" else value}


class PauseFormSchema(NewPauseSchema):
    """The form of the page /pauses, with a duration in hours instead of a time."""

    hours = fields.Float(load_default=None, validate=validate.Range(min=0.01, max=24 * 366))

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Turn the duration into the time at which the pause expires."""
        hours = data.pop("hours")
        until = datetime.now(UTC) + timedelta(hours=hours) if hours else data["until"]
        return super().prepare({**data, "until": until})


class PauseFilterSchema(RequestSchema[PauseFilter]):
    """GET /api/pause."""

    ended = fields.Boolean(load_default=False, metadata=about("Include ended pauses.", True))
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=100), metadata=about("Maximum number of items.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last item received."))


class PauseSchema(ResponseSchema):
    """A pause that is in force, or was."""

    id = fields.Integer(required=True, metadata=about("ID of the pause.", 1))
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES), metadata=about(_SCOPE, "host"))
    value = fields.String(
        required=True, metadata=about("The lane, source or host; empty for `all`.", "gis.example.org")
    )
    reason = fields.String(required=True)
    actor = fields.String(required=True, metadata=about("Who started the pause.", "ada"))
    created_at = Time(required=True, metadata=about("When the pause started."))
    until = Time(required=True, allow_none=True, metadata=about("When the pause expires; null until resumed."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When the pause ended; null while in force."))
    ended_by = fields.String(
        required=True, allow_none=True, metadata=about("Who ended the pause; empty if it expired.")
    )
    waiting = fields.Integer(
        required=True, metadata=about("Number of job messages that wait for its end; counting stops at 10,000.", 12)
    )


class PauseListSchema(ResponseSchema):
    """GET /api/pause."""

    pauses = fields.List(fields.Nested(PauseSchema), required=True)
