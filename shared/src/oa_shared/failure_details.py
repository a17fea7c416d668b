"""Details of a failure besides its code and message: the place in the definition, and the answer of the server.

A container reads untrusted data, so every value has a type and a bound here. Texts of servers are shown as text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TypedDict

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from oa_shared.json_types import JsonObject

# The key of the details in the result of a failed attempt.
DETAILS = "failure"
MAX_PLACES = 20
ANSWER_BYTES = 500
_MAX_TEXT = 1000
_MAX_HEADERS = 20
_MAX_START = 4 * ANSWER_BYTES


class FixAction(StrEnum):
    """How a fix changes the definition at a place."""

    REPLACE = "replace"
    """Each text `old` in the value becomes `new`."""
    RENAME = "rename"
    """The key becomes `new`."""
    ADD = "add"
    """The key, which does not exist, is added with the value `new`."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the definition that is sure to lead past the failure; `old` is empty unless the action replaces."""

    action: FixAction
    new: str
    old: str = ""


@dataclass(frozen=True, slots=True)
class FaultyPlace:
    """A place in the definition: a JSON pointer within the entry, such as `/conform/number`, and its fix, if sure."""

    pointer: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server answered: its URL, the status, some headers, and the first 500 bytes of the body as text."""

    url: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    start: str = ""


@dataclass(frozen=True, slots=True)
class FailureDetails:
    """The details of one failure; empty if nothing is known."""

    places: list[FaultyPlace] = field(default_factory=list)
    answer: ServerAnswer | None = None

    def __bool__(self) -> bool:
        """Return whether anything is known."""
        return bool(self.places or self.answer)

    def as_json(self) -> JsonObject:
        """Return the details as a result has them."""
        return asdict(self)


class _BoundedSchema(Schema):
    class Meta:
        """Drop unknown fields."""

        unknown = EXCLUDE


def _text(longest: int = _MAX_TEXT) -> fields.String:
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


def bound_places(places: Iterable[FaultyPlace]) -> list[FaultyPlace]:
    """Return the first 20 places; a fix with a text that is too long is left out."""
    return [
        FaultyPlace(place.pointer, place.fix if place.fix and _is_short(place.fix) else None)
        for place in islice(places, MAX_PLACES)
    ]


def _is_short(fix: Fix) -> bool:
    return max(len(fix.old), len(fix.new)) <= _MAX_TEXT


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
