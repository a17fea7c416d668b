"""Values of all kinds as text, as the rules see them (ENGINE part A, section 6)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from oa_task.features.bad_rows import BadRows


def text(value: Any) -> str:
    """Return a value as the rules see it: nothing for null, Python's text for numbers, slashes in dates."""
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
    """Return text with LF for each CR and CRLF."""
    if not values.str.contains("\r", literal=True).any():
        return values
    return values.str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)


def make_names_unique(names: Sequence[str], bad_rows: BadRows) -> list[str]:
    """Return names made different from each other, with a warning: the second of a name becomes `name_2`."""
    taken: set[str] = set()
    result = []
    for name in names:
        count, own = 1, name
        while own in taken:
            count += 1
            own = f"{name}_{count}"
        if own != name:
            bad_rows.warn(
                f"the column name {name[:100]!r} is there more than once; another one is read as {own[:100]!r}"
            )
        taken.add(own)
        result.append(own)
    return result
