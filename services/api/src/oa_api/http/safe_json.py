"""Decoding untrusted JSON: well-formed JSON may still hold values that Postgres and other programs cannot store."""

import json
import math
import re
from collections.abc import Iterable
from typing import NoReturn

from oa_shared.errors import OaError
from oa_shared.large_bodies import check_values
from oa_shared.postgres_json import why_not_storable

MAX_DEPTH = 100
# Decoding and validating as many values takes about a twentieth of a second; no request of a client has half of them.
MAX_VALUES = 20_000
# What may be a value that cannot be stored: NUL and half a character, escaped or not.
_DOUBTFUL_TEXT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")
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


def decode(text: str | bytes, *, max_values: int = MAX_VALUES) -> object:
    """Return the decoded value. Raises NotJsonError, TooManyValuesError, and UnstorableError with a JSON pointer."""
    try:
        text = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass")
        check_values(text, max_values)
        numbers = _Numbers()
        value: object = json.loads(text, parse_constant=_refuse_constant, parse_float=numbers.read)
    except RecursionError as error:
        raise NotJsonError("nested too deeply") from error
    except ValueError as error:
        raise NotJsonError(str(error)) from error
    if numbers.has_infinite or _DOUBTFUL_TEXT.search(text) or _is_deep(value):
        check_storable(value)
    return value


class _Numbers:
    """Reads numbers, and notes whether one is too large for a float."""

    def __init__(self) -> None:
        self.has_infinite = False

    def read(self, text: str) -> float:
        """Return a number."""
        number = float(text)
        self.has_infinite = self.has_infinite or math.isinf(number)
        return number


# A tuple: a union in the expression would be created for each of a million values.
_CONTAINERS = (dict, list)


def _is_deep(value: object) -> bool:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [inner for item in level if isinstance(item, _CONTAINERS) for inner in _parts(item)]
    return depth > MAX_DEPTH


def _parts(item: dict[str, object] | list[object]) -> list[object]:
    return list(item.values()) if isinstance(item, dict) else item


def check_storable(value: object) -> None:
    """Raise UnstorableError with a JSON pointer if any part of a decoded value cannot be stored."""
    if not isinstance(value, _CONTAINERS) and (reason := why_not_storable(value)):
        raise UnstorableError(f"{_pointer(())}: {reason}")
    pending: list[tuple[object, tuple[str | int, ...]]] = [(value, ())]
    while pending:
        container, path = pending.pop()
        if container and len(path) >= MAX_DEPTH:
            raise UnstorableError(f"{_pointer(path)}: is nested deeper than {MAX_DEPTH} levels")
        for key, item in _items(container):
            reason = why_not_storable(key) or (None if isinstance(item, _CONTAINERS) else why_not_storable(item))
            if reason:
                raise UnstorableError(f"{_pointer((*path, key))}: {reason}")
            if isinstance(item, _CONTAINERS):
                pending.append((item, (*path, key)))


def _items(container: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(container, dict):
        return container.items()
    return enumerate(container) if isinstance(container, list) else ()


def _pointer(path: tuple[str | int, ...]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path[:_MAX_POINTER_PARTS])
    text = "".join(f"/{part}" for part in parts) or "the value"
    return text.encode("ascii", "backslashreplace").decode().replace("\x00", "\\u0000")[:_MAX_POINTER_LENGTH]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def escape_unstorable(text: str) -> str:
    """Return a text with the characters escaped that Postgres cannot store: lone surrogates and NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
