"""Whether Postgres can store a JSON value: jsonb has no NUL, no lone surrogate and no infinity."""

import math
import re

from oa_shared.carriers import clean_text

_SURROGATE = re.compile("[\ud800-\udfff]")


def why_not_storable(value: object) -> str | None:
    """Return why Postgres cannot store a decoded JSON value, or None if it can; any depth of nesting is fine."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, float) and not math.isfinite(item):
            return f"{item} is not a number"
        elif isinstance(item, str) and (reason := _why_not_text(item)):
            return reason
    return None


def _why_not_text(text: str) -> str | None:
    if "\x00" in text:
        return "must not contain NUL"
    return "not Unicode" if not text.isascii() and _SURROGATE.search(text) else None


def clean_json(value: object) -> object:
    """Return a copy of a JSON value that Postgres can store: texts cleaned, numbers that are not finite as null.

    The value comes from our own code, so its nesting is small.
    """
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    if isinstance(value, str):
        return clean_text(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
