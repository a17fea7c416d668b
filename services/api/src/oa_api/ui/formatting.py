"""Filters of the templates: numbers, sizes, times and durations as text."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from markupsafe import Markup, escape

from oa_api.ui.github_links import commit_url

_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1000
_WEB_URL = re.compile(r"https?://[^\s\x00-\x20<>\"]+\Z", re.IGNORECASE)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def number(value: object) -> str:
    """Return 12,345 for 12345, an empty text for None, and a text unchanged."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def size(value: object) -> str:
    """Return 1.2 MB for 1234567 bytes."""
    if not isinstance(value, int | float):
        return ""
    amount = float(value)
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"  # noqa: PLR2004 - three significant digits
        amount /= _STEP
    return ""


def percent(value: object) -> str:
    """Return 12.3 % for 0.1234."""
    return f"{value * 100:.1f} %" if isinstance(value, int | float) else ""


def duration(value: object) -> str:
    """Return 1 h 2 min for 3725 seconds."""
    if not isinstance(value, int | float):
        return ""
    seconds = round(value)
    if seconds < _MINUTE_S:
        return f"{seconds} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min {seconds % _MINUTE_S} s"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h {seconds % _HOUR_S // _MINUTE_S} min"
    return f"{seconds // _DAY_S} d {seconds % _DAY_S // _HOUR_S} h"


def moment(value: object) -> str:
    """Return a time (RFC 3339 or a datetime) to the minute, in UTC."""
    when = _parse_time(value)
    return when.strftime("%Y-%m-%d %H:%M") if when else ""


def clock(value: object) -> str:
    """Return a time to the second, in UTC."""
    when = _parse_time(value)
    return when.strftime("%Y-%m-%d %H:%M:%S") if when else ""


def iso(value: object) -> str:
    """Return a time for machines."""
    when = _parse_time(value)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else ""


def ago(value: object) -> str:
    """Return how long ago a time was; `in …` for a future time."""
    when = _parse_time(value)
    if when is None:
        return ""
    age_s = (datetime.now(UTC) - when).total_seconds()
    return f"{_largest_unit(age_s)} ago" if age_s >= 0 else f"in {_largest_unit(-age_s)}"


def took(started_at: object, ended_at: object) -> str:
    """Return the duration between two times; an empty text if one is missing."""
    start, end = _parse_time(started_at), _parse_time(ended_at)
    return duration((end - start).total_seconds()) if start and end else ""


def _largest_unit(seconds: float) -> str:
    for unit, length_s in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= length_s:
            return f"{seconds // length_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def _parse_time(value: object) -> datetime | None:
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC)


def dollars(value: object) -> str:
    """Return $12.35 for 12.345, and two significant digits below a dollar."""
    if not isinstance(value, int | float):
        return ""
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.2g}" if value >= 1e-4 else "under $0.0001"  # noqa: PLR2004 - a hundredth of a cent


def plain(value: object) -> str:
    """Return a JSON value as text: yes and no, lists separated by commas, and `name: value` for objects."""
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    return number(value) if isinstance(value, int | float) else str(value)


def plural(count: object, noun: str, nouns: str = "") -> str:
    """Return `1 job`, `2 jobs` and `1 of 1 job`; `nouns` is the plural of a noun that takes more than an s."""
    return f"{number(count)} {noun if str(count).rpartition(' ')[2] == '1' else nouns or noun + 's'}"


def code_spans(text: str) -> Markup:
    """Return an escaped text in which `backticks` become <code> elements."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(text.split("`"))
    )


def web_url(value: object) -> str:
    """Return a URL of the web as it is, and an empty text for anything else, such as `javascript:` or a file name."""
    return value if isinstance(value, str) and _WEB_URL.match(value) else ""


def source_crumbs(name: str) -> list[tuple[str, str]]:
    """Return the label and the path of each page above and of a source: Data, then one for each part of its name."""
    parts = name.split("/")
    steps = [(part, f"/sources/{quote('/'.join(parts[: place + 1]))}") for place, part in enumerate(parts)]
    return [("Data", "/data"), *steps]


FILTERS: Mapping[str, Callable[..., object]] = {
    "code_spans": code_spans,
    "plain": plain,
    "plural": plural,
    "dollars": dollars,
    "number": number,
    "size": size,
    "percent": percent,
    "duration": duration,
    "moment": moment,
    "clock": clock,
    "iso": iso,
    "ago": ago,
    "took": took,
    "web_url": web_url,
    "source_crumbs": source_crumbs,
    "commit_url": commit_url,
}
