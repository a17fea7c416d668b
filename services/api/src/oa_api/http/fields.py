"""Fields and base schemas that requests and responses share."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate
from yarl import URL

from oa_api.http.field_messages import schema_messages, set_messages
from oa_api.http.safe_json import UnstorableError, check_storable
from oa_shared.failures import FAILURES
from oa_shared.json_types import JsonObject

MAX_ID = 2**63 - 1
MAX_INTEGER = 2**31 - 1
SMALL_BODY_BYTES = 1024 * 1024
_MAX_LISTED = 200
_BLANK = re.compile(r"[\s\x00-\x20<>\"]")
_Request = TypeVar("_Request")
_Value = TypeVar("_Value")


class StrictSchema(Schema):
    """A request: unknown fields are errors, and so is a body of more than `max_bytes`."""

    max_bytes = SMALL_BODY_BYTES

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages |= schema_messages(self)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:  # noqa: ARG002
        """Give the field the messages of this service."""
        set_messages(field_obj)


class RequestSchema(StrictSchema, Generic[_Request]):
    """A request that loads into the dataclass of its type argument: `class NewPauseSchema(RequestSchema[NewPause])`.

    Schemas that share fields inherit from a StrictSchema without a dataclass, written before this class.
    """

    _request: ClassVar[type[Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if get_origin(base) is RequestSchema:
                (cls._request,) = get_args(base)

    @post_load
    def _make_request(self, data: dict[str, Any], **_: object) -> _Request:
        request: _Request = self._request(**self.prepare(data))
        return request

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the loaded values as the dataclass takes them; a schema overrides this to derive values."""
        return data


class Text(fields.String):
    """Text that Postgres can store: no NUL, no lone surrogate."""

    default_error_messages = {"invalid": "Give text."}  # noqa: RUF012

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        _check_storable(text)
        return text


class WebUrl(Text):
    """A URL of the web, absolute, with http or https; with `allow_empty` also "", as forms send it.

    `urlsplit` and yarl raise ValueError for hosts and ports that a pattern lets pass, so yarl itself decides.
    """

    default_error_messages = {"url": "Must be an http or https URL."}  # noqa: RUF012

    def __init__(self, *, allow_empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_empty = allow_empty

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text or not self.allow_empty:
            self._check(text)
        return text

    def _check(self, text: str) -> None:
        try:
            url = URL(text)
        except ValueError as error:
            raise self.make_error("url") from error
        if url.scheme not in {"http", "https"} or not url.host or _BLANK.search(text):
            raise self.make_error("url")


class Object(fields.Dict):
    """A JSON object that Postgres can store."""

    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object
    ) -> JsonObject:
        loaded: JsonObject = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call] # unannotated
        _check_storable(loaded)
        return loaded


class TextOrObject(fields.Raw):
    """Text, or an object of `schema` (None: any object), for the document; the handler validates the value."""

    def __init__(self, schema: type[Schema] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema


class ParsedField(fields.Field[_Value]):
    """A field whose values one function of the class reads."""

    def _parse(self, value: object) -> _Value:
        """Return the value of a text or of JSON. Raises ValidationError."""
        raise NotImplementedError

    def _deserialize(
        self,
        value: object,
        attr: str | None,  # noqa: ARG002
        data: Mapping[str, object] | None,  # noqa: ARG002
        **kwargs: object,  # noqa: ARG002
    ) -> _Value:
        return self._parse(value)


class Choices(ParsedField[list[str]]):
    """A comma-separated list of values from a closed set."""

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    def _parse(self, value: object) -> list[str]:
        names = _split(value)
        unknown = sorted(set(names) - set(self.choices))
        if unknown or not names:
            raise ValidationError(f"Unknown: {_join(unknown)}; use {', '.join(self.choices)}.")
        return names


class ErrorCodes(ParsedField[list[str]]):
    """A comma-separated list of failure codes or failure classes; loads as codes."""

    def _parse(self, value: object) -> list[str]:
        names = _split(value)
        unknown = sorted({name for name in names if not _codes_of(name)})
        if unknown or not names:
            raise ValidationError(f"Unknown: {_join(unknown)}; use codes like source.not_found.")
        return sorted({code for name in names for code in _codes_of(name)})


def _split(value: object) -> list[str]:
    return [part.strip() for part in str(value).split(",") if part.strip()]


def _join(names: list[str]) -> str:
    return ", ".join(names)[:_MAX_LISTED] or "empty"


def _codes_of(name: str) -> list[str]:
    return [code for code, failure in FAILURES.items() if name in (code, failure.failure_class)]


# The highest absolute longitude, latitude, longitude, latitude.
_LIMITS = (180, 90, 180, 90)


class Numbers(ParsedField[list[float]]):
    """A comma-separated list of degrees: longitude and latitude, once or twice."""

    def __init__(self, count: int, message: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count, self.message = count, message

    def _parse(self, value: object) -> list[float]:
        try:
            numbers = [float(part) for part in str(value).split(",")]
        except ValueError as error:
            raise ValidationError(self.message) from error
        if len(numbers) != self.count or not all(
            math.isfinite(number) and abs(number) <= limit for number, limit in zip(numbers, _LIMITS, strict=False)
        ):
            raise ValidationError(self.message)
        if self.count == len(_LIMITS) and numbers[1] > numbers[3]:
            raise ValidationError("south must be less than north.")
        return numbers


class Time(ParsedField[datetime]):
    """A time: RFC 3339, UTC in responses."""

    default_error_messages = {"invalid": "Not an RFC 3339 time with an offset, like 2026-11-24T12:00:00Z."}  # noqa: RUF012

    def _parse(self, value: object) -> datetime:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            if moment is None or moment.tzinfo is None:
                raise self.make_error("invalid")
            return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error

    def _serialize(self, value: datetime | None, attr: str | None, obj: object, **kwargs: object) -> str | None:  # noqa: ARG002
        return optional_rfc3339(value)


def rfc3339(moment: datetime) -> str:
    """Return a time as responses have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def optional_rfc3339(moment: datetime | None) -> str | None:
    """Return a time as responses have it, None for none."""
    return None if moment is None else rfc3339(moment)


def identifier(**options: Any) -> fields.Integer:
    """Return the field of an ID."""
    return fields.Integer(validate=validate.Range(min=1, max=MAX_ID), **options)


def about(description: str, *examples: object) -> JsonObject:
    """Return the metadata of a field for the OpenAPI document."""
    return {"description": description} | ({"examples": list(examples)} if examples else {})


def error_messages(error: ValidationError) -> dict[str, object]:
    """Return what is wrong by field; `_schema` is the whole."""
    messages: dict[object, object] = error.normalized_messages()  # type: ignore[no-untyped-call] # unannotated
    return {str(name): message for name, message in messages.items()}


def _check_storable(value: object) -> None:
    try:
        check_storable(value)
    except UnstorableError as error:
        raise ValidationError(error.detail) from error
