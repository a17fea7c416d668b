"""JSON values as readable text: no page, comment, mail or command shows a value as Python writes it."""

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


def plural(count: object, noun: str, nouns: str = "") -> str:
    """Return `1 job`, `2,000 jobs` and `1 of 1 job`; `nouns` is the plural of a noun that takes more than an s."""
    number = f"{count:,}" if isinstance(count, int | float) else str(count)
    return f"{number} {noun if number.rpartition(' ')[2] == '1' else nouns or noun + 's'}"


def quote_value(value: object) -> str:
    """Return a value as a message quotes it: a text in quotes, anything else as JSON."""
    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
