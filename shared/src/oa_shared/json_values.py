"""Narrowing decoded JSON: values of the wrong type count as missing."""

from collections.abc import Mapping

from oa_shared.json_types import JsonMapping


def json_object(value: object) -> JsonMapping:
    """Return a JSON object, an empty one for any other value."""
    return value if isinstance(value, Mapping) else {}


def json_text(value: object) -> str | None:
    """Return a text, None for any other value."""
    return value if isinstance(value, str) else None


def json_integer(value: object) -> int:
    """Return an integer, 0 for any other value."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
