"""The quality gate: whether a result may replace the one that is published (docs/data.md)."""

from dataclasses import dataclass

from oa_shared.json_types import JsonMapping

MAX_DROP = 0.10
WATCHED_FIELDS = ("number", "street")


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """A reason to hold a result for review."""

    code: str
    message: str


def find_review_reasons(new: JsonMapping, published: JsonMapping | None) -> list[ReviewReason]:
    """Return what speaks against a result (`count`, `valid`, `fields`), compared with the published one."""
    reasons = _empty_result(new)
    if published is None:
        return reasons
    reasons += _drop("count", "features", new.get("count"), published.get("count"))
    for field in WATCHED_FIELDS:
        before, now = _fill_count(published, field), _fill_count(new, field)
        if before and now == 0:
            reasons.append(ReviewReason(f"{field}_empty", f"every {field} is empty; {before:,} were filled before"))
        else:
            reasons += _drop(field, f"filled values of {field}", now, before)
    return reasons


def _empty_result(new: JsonMapping) -> list[ReviewReason]:
    if not new.get("count"):
        return [ReviewReason("no_features", "no features")]
    if new.get("valid") == 0:
        return [ReviewReason("no_valid_features", "no valid features")]
    return []


def _drop(code: str, label: str, now: object, before: object) -> list[ReviewReason]:
    if not isinstance(now, int) or not isinstance(before, int) or before <= 0:
        return []
    lost = (before - now) / before
    if lost < MAX_DROP:
        return []
    return [ReviewReason(f"{code}_dropped", f"{label}: {now:,} now, {before:,} published, {lost:.0%} fewer")]


def _fill_count(result: JsonMapping, field: str) -> int | None:
    fields = result.get("fields")
    value = fields.get(field) if isinstance(fields, dict) else None
    return value if isinstance(value, int) else None
