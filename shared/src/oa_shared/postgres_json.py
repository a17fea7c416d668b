"""Whether Postgres can hold a JSON value: its jsonb knows no NUL, no half of a surrogate pair, no infinity."""

import math
from typing import Any


def why_not_storable(value: Any) -> str | None:
    """Return what is wrong with a decoded JSON value, or None; however deep it is nested."""
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
    return None if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text) else "not Unicode"
