"""Values of JSON as text for people: no page, comment, mail or command shows a value as Python writes it."""

import json
from collections.abc import Mapping


def plain(value: object) -> str:
    """Return a JSON value as text: yes and no, lists separated by commas, and `name: value` for objects."""
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(plain, value)))
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def quoted(value: object) -> str:
    """Return a value as a message quotes it: a text in quotes, anything else as JSON."""
    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
