"""Filters of the templates: numbers, sizes, times and durations as text."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from urllib.parse import quote

from markupsafe import Markup, escape

from oa_api.ui.github_links import commit_url
from oa_shared.definition_places import describe_place, describe_places
from oa_shared.value_text import plain, plural

_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1000
_WEB_URL = re.compile(r"https?://[^\s\x00-\x20<>\"]+\Z", re.IGNORECASE)
# A visible input with a value, or a list with an empty choice whose selected choice is another one.
_FILLED = re.compile(
    r"<input\b(?![^>]*type=\"hidden\")[^>]*\bvalue=\"[^\"]+\"|"
    r"<option value=\"\">[^<]*</option>\s*(?:<option [^>]*>[^<]*</option>\s*)*?<option value=\"[^\"]+\" selected>"
)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def number(value: object) -> str:
    """Return 12,345 for 12345, an empty text for None, and a text unchanged."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def short_number(value: float) -> str:
    """Return 12k for 12345 and 1.2M for 1234567: at most five characters, for the axis of a chart."""
    for unit, power in (("", 0), ("k", 3), ("M", 6), ("G", 9)):
        amount = value / 10**power
        if abs(amount) < 999.5:  # noqa: PLR2004 - 999.5 is rounded to 1000
            return f"{amount:.2g}{unit}" if abs(amount) < 99.5 else f"{amount:.0f}{unit}"  # noqa: PLR2004 - .2g has an exponent
    return f"{value:.0e}"


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


def present(value: object) -> object:
    """Return what a template writes for a value: no page shows a value as Python does."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{moment(value)} UTC"
    if isinstance(value, bool | Mapping | list | tuple | set | frozenset):
        return plain(value)
    return value.value if isinstance(value, Enum) else value


def code_spans(text: str) -> Markup:
    """Return an escaped text in which `backticks` become <code> elements, and JSON pointers the names of values."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(describe_places(text).split("`"))
    )


def web_url(value: object) -> str:
    """Return a URL of the web unchanged, and an empty text for anything else, such as `javascript:` or a file name."""
    return value if isinstance(value, str) and _WEB_URL.match(value) else ""


def source_crumbs(name: str) -> list[tuple[str, str]]:
    """Return the label and the path of each page above and of a source: Data, then one for each part of its name."""
    parts = name.split("/")
    steps = [(part, f"/sources/{quote('/'.join(parts[: place + 1]))}") for place, part in enumerate(parts)]
    return [("Data", "/data"), *steps]


def count_filled(fields: str) -> int:
    """Return how many fields of a form have a value. A list without an empty choice is not counted."""
    return len(_FILLED.findall(fields))


def sentence(text: str) -> str:
    """Return a message with a capital letter, unless it begins with a file, a URL or a code, which keep theirs."""
    first = text.partition(" ")[0].rstrip(".,:;")
    return text[:1].upper() + text[1:] if first.isalpha() else text


FILTERS: Mapping[str, Callable[..., object]] = {
    "code_spans": code_spans,
    "place": describe_place,
    "name_places": describe_places,
    "plain": plain,
    "plural": plural,
    "dollars": dollars,
    "number": number,
    "short_number": short_number,
    "count_filled": count_filled,
    "size": size,
    "percent": percent,
    "duration": duration,
    "moment": moment,
    "clock": clock,
    "iso": iso,
    "ago": ago,
    "took": took,
    "web_url": web_url,
    "sentence": sentence,
    "source_crumbs": source_crumbs,
    "commit_url": commit_url,
}
