"""What a schema says about a value that it refuses: the value and what it may be, in the words of this service."""

from collections.abc import Callable, Mapping, Sized
from functools import cache
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError, fields, validate

_Value = TypeVar("_Value")
_Sized = TypeVar("_Sized", bound=Sized)
_GIVEN = "not {input!r:.60}"
_MAX_LISTED = 200
_MAX_QUOTED = 60
# By the class of a field: its messages by the key of marshmallow, where they differ from those of its base class.
_MESSAGES: Mapping[type, Mapping[str, str]] = {
    fields.Field: {
        "required": "Give a value: it is required.",
        "null": "Give a value: null is not allowed.",
        "validator_failed": "Give another value.",
    },
    fields.Nested: {"type": "Give an object."},
    fields.List: {"invalid": "Give a list."},
    fields.String: {"invalid": "Give text.", "invalid_utf8": "Give text in UTF-8."},
    fields.Number: {"invalid": f"Give a number, {_GIVEN}.", "too_large": f"Give a smaller number, {_GIVEN}."},
    fields.Integer: {"invalid": f"Give a whole number, {_GIVEN}."},
    fields.Float: {"special": "Give a finite number."},
    fields.Boolean: {"invalid": f"Give true or false, {_GIVEN}."},
    fields.Date: {"invalid": "Give a day such as 2026-11-30."},
    fields.DateTime: {"invalid": "Give a time such as 2026-11-30T12:00:00Z."},
    fields.Enum: {"unknown": "Use one of: {choices}."},
    fields.Mapping: {"invalid": "Give an object."},
}


def schema_messages(schema: Schema) -> dict[str, str]:
    """Return the messages about the whole of a value, and about fields that the schema does not have."""
    names = ", ".join(sorted(field.data_key or name for name, field in schema.load_fields.items()))
    known = f"use {names}" if names else "leave it out"
    return {"type": "Give an object.", "unknown": f"Unknown field: {known}."}


def set_messages(field: fields.Field[Any]) -> None:
    """Give a field, those inside it and its validators the messages of this module; they keep their own messages."""
    library, ours = _messages_of(type(field))  # type: ignore[arg-type] # a class is hashable
    given = {key: text for key, text in field.error_messages.items() if text != library.get(key)}
    field.error_messages = {**ours, **given}
    unit = "characters" if isinstance(field, fields.String) else "items"
    field.validators = [_replace(validator, unit) for validator in field.validators]
    for inner in ("inner", "key_field", "value_field", "field"):
        if isinstance(item := getattr(field, inner, None), fields.Field):
            set_messages(item)


@cache
def _messages_of(field_class: type[Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the messages of a class of fields: those of marshmallow, and those of this service."""
    library: dict[str, str] = {}
    ours: dict[str, str] = {}
    for base in reversed(field_class.__mro__):
        own = vars(base).get("default_error_messages", {})
        library |= own
        ours |= {**own, **_MESSAGES.get(base, {})}
    return library, ours


class _Range(validate.Range):
    def __call__(self, value: _Value) -> _Value:
        try:
            return super().__call__(value)
        except ValidationError:
            raise ValidationError(f"Use {_describe_limits(self.min, self.max)}, not {_quote(value)}.") from None


class _Length(validate.Length):
    unit = "items"

    def __call__(self, value: _Sized) -> _Sized:
        try:
            return super().__call__(value)
        except ValidationError:
            limits = _describe_limits(self.min, self.max) if self.equal is None else f"{self.equal:,}"
            raise ValidationError(f"Use {limits} {self.unit}, not {len(value):,}.") from None


class _OneOf(validate.OneOf):
    def __call__(self, value: object) -> object:
        try:
            return super().__call__(value)
        except ValidationError:
            choices = ", ".join(map(str, self.choices))[:_MAX_LISTED]
            raise ValidationError(f"Use one of: {choices}; not {_quote(value)}.") from None


class _Regexp(validate.Regexp):
    def __call__(self, value: str) -> str:  # type: ignore[override] # of bytes there are none
        try:
            return super().__call__(value)
        except ValidationError:
            raise ValidationError(f"Use text of the form `{self.regex.pattern!s}`, not {_quote(value)}.") from None


@cache  # validators live as long as the class of their schema
def _replace(validator: Callable[..., object], unit: str) -> Callable[..., object]:
    """Return a validator with the messages of this module; one with its own message, or a function, is unchanged."""
    if isinstance(validator, validate.And):
        return validate.And(*(_replace(part, unit) for part in validator.validators))
    if type(validator) is validate.Range and validator.error is None:
        return _Range(validator.min, validator.max)
    if type(validator) is validate.Length and validator.error is None:
        length = _Length(validator.min, validator.max, equal=validator.equal)
        length.unit = unit
        return length
    if type(validator) is validate.OneOf and validator.error == validate.OneOf.default_message:
        return _OneOf(validator.choices, validator.labels)
    if type(validator) is validate.Regexp and validator.error == validate.Regexp.default_message:
        return _Regexp(validator.regex)
    return validator


def _describe_limits(lowest: object, highest: object) -> str:
    if lowest is None:
        return f"at most {_number(highest)}"
    return f"at least {_number(lowest)}" if highest is None else f"{_number(lowest)} to {_number(highest)}"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _quote(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…"
