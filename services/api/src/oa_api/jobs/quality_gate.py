"""The quality gate: whether a result may replace the one that is published (docs/maintenance.md, "Quality gate")."""

from dataclasses import dataclass

from oa_shared.feature_changes import GEOMETRY, read_field_differences, read_previous_count
from oa_shared.json_types import JsonMapping
from oa_shared.placement import PlacementProblem, find_move, read_problems

MAX_DROP = 0.10
MAX_DROP_OF_OTHERS = 0.50
LEAST_SHARE = 0.01
IDENTIFYING_FIELDS = ("number", "street", "name", "pid")


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """A reason to hold a result for review."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _FieldFill:
    """The number of features of a result, and of those that have a value in one field."""

    count: int
    filled: int

    @property
    def share(self) -> float:
        """Return the share of features that have a value."""
        return self.filled / self.count


def find_review_reasons(new: JsonMapping, published: JsonMapping | None) -> list[ReviewReason]:
    """Return what speaks against a result, compared with the published one.

    It reads `count`, `valid`, `fields`, `placement` and `changes`. It compares every field that is published, so those
    of any layer; a result without features has no fields to compare.
    """
    reasons = _empty_result(new) + [_placement_reason(problem) for problem in read_problems(new)]
    if published is None:
        return reasons
    if move := find_move(new, published):
        reasons.append(_placement_reason(move))
    reasons += _drop("count", "features", new.get("count"), published.get("count"))
    losses = _losses(new, published)
    for field in dict.fromkeys([*compared_fields(published), *losses]):
        before, now = _fill(published, field), _fill(new, field)
        if field in losses:
            reasons.append(losses[field])
        # The loss of all values is one reason.
        is_known = field in losses and now is not None and not now.filled
        if before is not None and now is not None and before.filled and not is_known:
            reasons += _compare(field, now, before)
    return reasons


def compared_fields(result: JsonMapping) -> list[str]:
    """Return the fields of a result that have values, the identifying ones first."""
    fields = result.get("fields")
    filled = {name for name, count in fields.items() if count} if isinstance(fields, dict) else set()
    identifying = [name for name in IDENTIFYING_FIELDS if name in filled]
    return identifying + sorted(filled.difference(identifying))


def _placement_reason(problem: PlacementProblem) -> ReviewReason:
    return ReviewReason(str(problem.code), problem.message)


def _empty_result(new: JsonMapping) -> list[ReviewReason]:
    if not new.get("count"):
        return [ReviewReason("no_features", "no features")]
    if new.get("valid") == 0:
        return [ReviewReason("no_valid_features", "no valid features")]
    return []


def _compare(field: str, now: _FieldFill, before: _FieldFill) -> list[ReviewReason]:
    if field in IDENTIFYING_FIELDS and now.filled:
        return _drop(field, f"filled values of {field}", now.filled, before.filled)
    if field not in IDENTIFYING_FIELDS and before.share < LEAST_SHARE:
        return []
    if not now.filled:
        text = f"every {field} is empty; {before.filled:,} of {before.count:,} were filled before"
        return [ReviewReason(f"{field}_empty", text)]
    lost = 1 - now.share / before.share
    if round(lost, 9) < MAX_DROP_OF_OTHERS and round(before.share - now.share, 9) < MAX_DROP:
        return []
    text = (
        f"filled values of {field}: {now.filled:,} of {now.count:,} ({now.share:.0%}) now, "
        f"{before.filled:,} of {before.count:,} ({before.share:.0%}) published"
    )
    return [ReviewReason(f"{field}_dropped", text)]


def _losses(new: JsonMapping, published: JsonMapping) -> dict[str, ReviewReason]:
    """Return the fields that many features lost, feature by feature, with the reason.

    Counts alone do not show it where other features gained as many values.
    """
    changes = new.get("changes")
    if not isinstance(changes, dict) or not changes.get("previous"):
        return {}
    features = read_previous_count(changes)
    losses: dict[str, ReviewReason] = {}
    published_fields = {*compared_fields(published), GEOMETRY}
    for difference in read_field_differences(changes):
        if difference.field not in published_fields:
            continue
        before = _fill(published, difference.field)
        filled = features if before is None or before.filled < difference.lost else before.filled
        if _is_large_loss(difference.field, difference.lost, filled=filled, features=features):
            text = f"{difference.field}: {difference.lost:,} of {filled:,} lost"
            losses[difference.field] = ReviewReason(f"{difference.field}_lost", text)
    return losses


def _is_large_loss(field: str, lost: int, *, filled: int, features: int) -> bool:
    if not lost or not filled or not features:
        return False
    if field == GEOMETRY or field in IDENTIFYING_FIELDS:
        return lost / filled >= MAX_DROP
    if filled / features < LEAST_SHARE:
        return False
    return lost / filled >= MAX_DROP_OF_OTHERS or lost / features >= MAX_DROP


def _drop(code: str, label: str, now: object, before: object) -> list[ReviewReason]:
    if not isinstance(now, int) or not isinstance(before, int) or before <= 0:
        return []
    lost = (before - now) / before
    if lost < MAX_DROP:
        return []
    return [ReviewReason(f"{code}_dropped", f"{label}: {now:,} now, {before:,} published, {lost:.0%} fewer")]


def _fill(result: JsonMapping, field: str) -> _FieldFill | None:
    """Return how far a field is filled, None if the result does not say or has no features."""
    fields, count = result.get("fields"), result.get("count")
    filled = fields.get(field) if isinstance(fields, dict) else None
    if not isinstance(filled, int) or not isinstance(count, int) or not count:
        return None
    return _FieldFill(count, filled)
