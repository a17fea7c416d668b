"""Decoding untrusted JSON: well-formed JSON may still hold values that Postgres and other programs cannot store."""

import json
from typing import NoReturn

from oa_shared.errors import OaError
from oa_shared.postgres_json import why_not_storable

MAX_DEPTH = 100
_MAX_POINTER_PARTS = 8
_MAX_POINTER_LENGTH = 200


class NotJsonError(OaError):
    """A text is not JSON."""

    code = "not_json"
    title = "Not valid JSON."


class UnstorableError(OaError):
    """A value cannot be stored: it has a NUL, a lone surrogate, a number that is not finite, or too deep a nesting."""

    code = "unstorable"
    title = "The value cannot be stored."


def decode(text: str | bytes) -> object:
    """Return the decoded value. Raises NotJsonError, and UnstorableError with a JSON pointer."""
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise NotJsonError("nested too deeply") from error
    except ValueError as error:
        raise NotJsonError(str(error)) from error
    check_storable(value)
    return value


def check_storable(value: object) -> None:
    """Raise UnstorableError with a JSON pointer if any part of a decoded value cannot be stored."""
    pending: list[tuple[object, tuple[str | int, ...]]] = [(value, ())]
    while pending:
        item, path = pending.pop()
        reason = _why_not(item, len(path))
        if reason:
            raise UnstorableError(f"{_pointer(path)}: {reason}")
        if isinstance(item, dict):
            pending += [(key, (*path, key)) for key in item]
            pending += [(inner, (*path, key)) for key, inner in item.items()]
        elif isinstance(item, list):
            pending += [(inner, (*path, index)) for index, inner in enumerate(item)]


def _why_not(item: object, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"is nested deeper than {MAX_DEPTH} levels"
    return why_not_storable(item) if isinstance(item, str | float) else None


def _pointer(path: tuple[str | int, ...]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path[:_MAX_POINTER_PARTS])
    text = "".join(f"/{part}" for part in parts) or "the value"
    return text.encode("ascii", "backslashreplace").decode().replace("\x00", "\\u0000")[:_MAX_POINTER_LENGTH]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
