"""Values of any type as the text that rules read (docs/engine.md, "Reading")."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from oa_task.features.bad_rows import BadRows


def text(value: object) -> str:
    """Return a value as the text that rules read: "" for null, Python's text for numbers, slashes in dates."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, dt.datetime):
        zone = value.strftime("%z") or "+00"
        return value.strftime("%Y/%m/%d %H:%M:%S") + zone.removesuffix("00")
    if isinstance(value, dt.date):
        return value.strftime("%Y/%m/%d")
    return str(value)


def plain_line_ends(values: pl.Series) -> pl.Series:
    """Return text with LF in place of each CR and CRLF."""
    if not values.str.contains("\r", literal=True).any():
        return values
    return values.str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)


def make_names_unique(names: Sequence[str], bad_rows: BadRows) -> list[str]:
    """Return the names with a suffix on each repeated one (the second `name` becomes `name_2`) and add a warning."""
    used: set[str] = set()
    result = []
    for name in names:
        count, unique = 1, name
        while unique in used:
            count += 1
            unique = f"{name}_{count}"
        if unique != name:
            bad_rows.warn(f"duplicate column name {name[:100]!r}: one of the columns is read as {unique[:100]!r}")
        used.add(unique)
        result.append(unique)
    return result
