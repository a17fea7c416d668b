"""Kinds of values that requests and answers share."""

import math
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from oa_api.http.safe_json import UnstorableError, check_storable
from oa_shared.failures import FAILURES

MAX_ID = 2**63 - 1
MAX_INTEGER = 2**31 - 1
SMALL_BODY_BYTES = 1024 * 1024
_Request = TypeVar("_Request")


class StrictSchema(Schema):
    """A request: unknown fields are errors, and so is a body of more than `max_bytes`."""

    max_bytes = SMALL_BODY_BYTES

    class Meta:
        """Refuse what is not known."""

        unknown = RAISE


class RequestSchema(StrictSchema, Generic[_Request]):
    """A request that loads into the dataclass of its type argument: `class NewPauseSchema(RequestSchema[NewPause])`.

    Schemas that share fields inherit from a StrictSchema that has no dataclass of its own, written before this class.
    """

    _request: ClassVar[type[Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if get_origin(base) is RequestSchema:
                (cls._request,) = get_args(base)

    @post_load
    def _make_request(self, data: dict[str, Any], **_: Any) -> _Request:
        request: _Request = self._request(**self.prepare(data))
        return request

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the loaded values as the dataclass takes them; a schema overrides this to derive values."""
        return data


class Text(fields.String):
    """Text that Postgres can hold: no NUL, no lone surrogate."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return str(_storable(super()._deserialize(value, attr, data, **kwargs)))


class Object(fields.Dict):
    """A JSON object that Postgres can hold."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _storable(super()._deserialize(value, attr, data, **kwargs))  # type: ignore[no-untyped-call] # unannotated


class Choices(fields.Field[list[str]]):
    """A comma list of words out of a closed set."""

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:  # noqa: ARG002
        given = [part.strip() for part in str(value).split(",") if part.strip()]
        unknown = sorted(set(given) - set(self.choices))
        if unknown or not given:
            raise ValidationError(f"Unknown: {', '.join(unknown) or 'empty'}; use {', '.join(self.choices)}.")
        return given


class ErrorCodes(fields.Field[list[str]]):
    """A comma list of codes of failures or of their classes; loaded as codes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:  # noqa: ARG002
        given = [part.strip() for part in str(value).split(",") if part.strip()]
        unknown = sorted({word for word in given if not _codes_of(word)})
        if unknown or not given:
            raise ValidationError(f"Unknown: {', '.join(unknown)[:200] or 'empty'}; use codes like source.not_found.")
        return sorted({code for word in given for code in _codes_of(word)})


def _codes_of(word: str) -> list[str]:
    return [code for code, failure in FAILURES.items() if word in (code, failure.failure_class)]


_LIMITS = (180, 90, 180, 90)


class Numbers(fields.Field[list[float]]):
    """A comma list of degrees: longitude and latitude, once or twice."""

    def __init__(self, count: int, words: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count, self.words = count, words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[float]:  # noqa: ARG002
        try:
            found = [float(part) for part in str(value).split(",")]
        except ValueError as error:
            raise ValidationError(self.words) from error
        if len(found) != self.count or not all(
            math.isfinite(number) and abs(number) <= limit for number, limit in zip(found, _LIMITS, strict=False)
        ):
            raise ValidationError(self.words)
        if self.count == len(_LIMITS) and found[1] > found[3]:
            raise ValidationError("South lies north of north.")
        return found


class Time(fields.Field[datetime]):
    """A moment: RFC 3339, UTC in answers."""

    default_error_messages = {"invalid": "Not an RFC 3339 time with an offset, like 2026-11-24T12:00:00Z."}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else self._refuse()
        except (TypeError, ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002
        return None if value is None else rfc3339(value)

    def _refuse(self) -> datetime:
        raise self.make_error("invalid")


def rfc3339(moment: datetime) -> str:
    """Return a moment as answers have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def identifier(**extra: Any) -> fields.Integer:
    """Return the field of a run's or a job's number."""
    return fields.Integer(validate=validate.Range(min=1, max=MAX_ID), **extra)


def about(description: str, *examples: Any) -> dict[str, Any]:
    """Return what the OpenAPI document says of a field."""
    return {"description": description} | ({"examples": list(examples)} if examples else {})


def _storable(value: Any) -> Any:
    try:
        check_storable(value)
    except UnstorableError as error:
        raise ValidationError(error.detail) from error
    return value
