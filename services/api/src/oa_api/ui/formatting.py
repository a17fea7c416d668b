"""Filters of the templates: numbers, moments and lengths of time as a person reads them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1000
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def number(value: Any) -> str:
    """12345 → 12,345; nothing for nothing, and a text as it is."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def size(value: Any) -> str:
    """1234567 bytes → 1.2 MB."""
    if not isinstance(value, int | float):
        return ""
    amount = float(value)
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"  # noqa: PLR2004 - three digits are enough
        amount /= _STEP
    return ""


def percent(value: Any) -> str:
    """0.1234 → 12.3 %."""
    return f"{value * 100:.1f} %" if isinstance(value, int | float) else ""


def duration(value: Any) -> str:
    """3725 seconds → 1 h 2 min."""
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


def moment(value: Any) -> str:
    """Give a time (RFC 3339, or a datetime) to the minute, in UTC."""
    when = _when(value)
    return when.strftime("%Y-%m-%d %H:%M") if when else ""


def clock(value: Any) -> str:
    """Give a time to the second, in UTC."""
    when = _when(value)
    return when.strftime("%Y-%m-%d %H:%M:%S") if when else ""


def iso(value: Any) -> str:
    """Give a time as machines read it."""
    when = _when(value)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else ""


def ago(value: Any) -> str:
    """Give a time as how long ago it was; `in …` for one to come."""
    when = _when(value)
    if when is None:
        return ""
    passed_s = (datetime.now(UTC) - when).total_seconds()
    return f"{_roughly(passed_s)} ago" if passed_s >= 0 else f"in {_roughly(-passed_s)}"


def took(begun: Any, ended: Any) -> str:
    """Give the time between two moments; nothing where one is missing."""
    first, last = _when(begun), _when(ended)
    return duration((last - first).total_seconds()) if first and last else ""


def _roughly(seconds: float) -> str:
    for unit, length_s in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= length_s:
            return f"{seconds // length_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def _when(value: Any) -> datetime | None:
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC)


def dollars(value: Any) -> str:
    """12.345 → $12.35; less than a dollar with as many digits as say something."""
    if not isinstance(value, int | float):
        return ""
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.2g}" if value >= 1e-4 else "less than $0.0001"  # noqa: PLR2004 - a hundredth of a cent


FILTERS: Mapping[str, Callable[..., str]] = {
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
}
