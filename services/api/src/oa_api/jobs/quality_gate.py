"""The quality gate: whether a result may replace the one that is published (DESIGN section 4.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_DROP = 0.10
WATCHED_FIELDS = ("number", "street")


@dataclass(frozen=True, slots=True)
class Concern:
    """One reason to keep a result from being published until a person has looked."""

    code: str
    message: str


def concerns(new: Mapping[str, Any], published: Mapping[str, Any] | None) -> list[Concern]:
    """Compare a result (`count`, `valid`, `fields`) with the published one; an empty list lets it pass."""
    found = _absolute(new)
    if published is None:
        return found
    found += _drop("count", "features", new.get("count"), published.get("count"))
    for field in WATCHED_FIELDS:
        before, now = _filled(published, field), _filled(new, field)
        if before and now == 0:
            found.append(Concern(f"{field}_empty", f"every {field} is empty; {before:,} were filled before"))
        else:
            found += _drop(field, f"filled values of {field}", now, before)
    return found


def _absolute(new: Mapping[str, Any]) -> list[Concern]:
    if not new.get("count"):
        return [Concern("no_features", "there are no features")]
    if new.get("valid") == 0:
        return [Concern("no_valid_features", "not one feature is valid")]
    return []


def _drop(code: str, what: str, now: Any, before: Any) -> list[Concern]:
    if not isinstance(now, int) or not isinstance(before, int) or before <= 0:
        return []
    lost = (before - now) / before
    if lost < MAX_DROP:
        return []
    return [Concern(f"{code}_dropped", f"{what}: {now:,} now, {before:,} published, {lost:.0%} fewer")]


def _filled(result: Mapping[str, Any], field: str) -> int | None:
    value = (result.get("fields") or {}).get(field)
    return value if isinstance(value, int) else None
