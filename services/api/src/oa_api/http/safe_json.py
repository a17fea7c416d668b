"""Reading JSON of strangers: what can be decoded is not yet what a database and other programs can hold."""

import json
from typing import Any, NoReturn

from oa_shared.errors import OaError
from oa_shared.postgres_json import why_not_storable

MAX_DEPTH = 100


class NotJsonError(OaError):
    """A text is not JSON."""

    code = "not_json"
    title = "This is not JSON."


class UnstorableError(OaError):
    """A value holds something that cannot be stored: NUL, half a character, an endless number, too deep a nesting."""

    code = "unstorable"
    title = "The value cannot be stored."


def decode(text: str | bytes) -> Any:
    """Return what a JSON text says. Raises NotJsonError, and UnstorableError with a JSON pointer."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise NotJsonError("nested too deeply") from error
    except ValueError as error:
        raise NotJsonError(str(error)) from error
    check_storable(value)
    return value


def check_storable(value: Any) -> None:
    """Walk through a decoded value, however deep. Raises UnstorableError with a JSON pointer."""
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(value, ())]
    while waiting:
        item, path = waiting.pop()
        reason = _why_not(item, len(path))
        if reason:
            raise UnstorableError(f"{_pointer(path)}: {reason}")
        if isinstance(item, dict):
            waiting += [(key, (*path, key)) for key in item]
            waiting += [(inner, (*path, key)) for key, inner in item.items()]
        elif isinstance(item, list):
            waiting += [(inner, (*path, place)) for place, inner in enumerate(item)]


def _why_not(item: Any, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"is nested deeper than {MAX_DEPTH} levels"
    return why_not_storable(item) if isinstance(item, str | float) else None


def _pointer(path: tuple[Any, ...]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path[:8])
    text = "".join(f"/{part}" for part in parts) or "the value"
    return text.encode("ascii", "backslashreplace").decode().replace("\x00", "\\u0000")[:200]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
