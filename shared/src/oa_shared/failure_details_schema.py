"""The form of failure details in JSON, and reading it. Apart from them: a job without a failure never loads this."""

from collections.abc import Mapping
from typing import TypedDict

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from oa_shared.failure_details import (
    ANSWER_BYTES,
    MAX_DETAIL_TEXT,
    MAX_PLACES,
    FailureDetails,
    FaultyPlace,
    Fix,
    FixAction,
    ServerAnswer,
)

_MAX_HEADERS = 20
_MAX_START = 4 * ANSWER_BYTES


class _BoundedSchema(Schema):
    class Meta:
        """Drop unknown fields."""

        unknown = EXCLUDE


def _text(longest: int = MAX_DETAIL_TEXT) -> fields.String:
    return fields.String(required=True, validate=validate.Length(max=longest))


class FixSchema(_BoundedSchema):
    """A `Fix`."""

    action = fields.Enum(FixAction, by_value=True, required=True)
    new = _text()
    old = _text()


class FaultyPlaceSchema(_BoundedSchema):
    """A `FaultyPlace`."""

    pointer = fields.String(required=True, validate=validate.Regexp(r"(/[^/]{0,500}){0,64}\Z"))
    fix = fields.Nested(FixSchema, allow_none=True, load_default=None)


class ServerAnswerSchema(_BoundedSchema):
    """A `ServerAnswer`."""

    url = _text()
    status = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=999))
    headers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=100)),
        values=_text(),
        validate=validate.Length(max=_MAX_HEADERS),
    )
    start = _text(_MAX_START)


class FailureDetailsSchema(_BoundedSchema):
    """The details of a failure."""

    places = fields.List(fields.Nested(FaultyPlaceSchema), validate=validate.Length(max=MAX_PLACES), load_default=list)
    answer = fields.Nested(ServerAnswerSchema, allow_none=True, load_default=None)


class _LoadedFix(TypedDict):
    action: FixAction
    new: str
    old: str


class _LoadedPlace(TypedDict):
    pointer: str
    fix: _LoadedFix | None


class _LoadedAnswer(TypedDict):
    url: str
    status: int
    headers: dict[str, str]
    start: str


class _LoadedDetails(TypedDict):
    places: list[_LoadedPlace]
    answer: _LoadedAnswer | None


_SCHEMA = FailureDetailsSchema()


def read_details(value: object) -> FailureDetails:
    """Return details from their JSON; empty if the value has another form."""
    if not isinstance(value, Mapping):
        return FailureDetails()
    try:
        loaded: _LoadedDetails = _SCHEMA.load(dict(value))
    except ValidationError:
        return FailureDetails()
    answer = loaded["answer"]
    places = [
        FaultyPlace(place["pointer"], Fix(**place["fix"]) if place["fix"] else None) for place in loaded["places"]
    ]
    return FailureDetails(places, ServerAnswer(**answer) if answer else None)
