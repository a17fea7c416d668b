"""Values of all kinds as text, as the rules see them (ENGINE part A, section 6)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any


def text(value: Any) -> str:
    """Return a value as the rules see it: nothing for null, Python's text for numbers, slashes in dates."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, dt.datetime):
        return value.strftime("%Y/%m/%d %H:%M:%S+00")
    if isinstance(value, dt.date):
        return value.strftime("%Y/%m/%d")
    return str(value)


def suffixed(names: Iterable[str]) -> list[str]:
    """Return names made different from each other: the second of a name becomes `name_2`."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result
