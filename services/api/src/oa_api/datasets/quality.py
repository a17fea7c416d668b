"""The quality of the data of a result, in sentences for users of the data."""

from collections.abc import Mapping
from dataclasses import dataclass

from oa_shared.json_types import JsonMapping
from oa_shared.placement import read_problems

# The fields that readers of a layer ask for first.
_MAIN_FIELDS = {
    "addresses": ("number", "street", "city", "postcode"),
    "parcels": ("pid",),
    "buildings": ("height",),
    "centerlines": ("street",),
}
_FAULTS = {"geometry": "without geometry", "range": "outside the valid range", "number": "with an invalid number"}
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Quality:
    """Sentences about completeness, validity, unusable rows and place; `problems` are those with the place."""

    completeness: str
    validity: str
    rows: str
    place: str
    problems: list[str]


def describe_quality(layer: str, result: JsonMapping | None) -> Quality:
    """Return the quality of a result in words; an empty sentence where the result does not say."""
    facts = result or {}
    problems = [problem.message for problem in read_problems(facts)]
    return Quality(_completeness(layer, facts), _validity(facts), _rows(facts), _place(facts, problems), problems)


def share_in_words(part: int, total: int) -> str:
    """Return `all`, `none` or a whole percentage, which is rounded so that only all are 100 % and only none are 0 %."""
    if not total or part >= total:
        return "all"
    if part <= 0:
        return "none"
    percent = max(1, min(_PERCENT - 1, round(_PERCENT * part / total)))
    return f"under {percent} %" if part * _PERCENT < total else f"{percent} %"


def _completeness(layer: str, facts: JsonMapping) -> str:
    count, filled = _integer(facts.get("count")), _counts(facts.get("fields"))
    fields = [name for name in _MAIN_FIELDS.get(layer, ()) if name in filled]
    if not count or not fields:
        return ""
    first, *others = [(share_in_words(filled[name], count), name) for name in fields]
    of_layer = f"of the {layer}" if first[0] in {"all", "none"} else f"of {layer}"
    text = ", ".join([f"{first[0]} {of_layer} have a {first[1]}", *(f"{share} a {name}" for share, name in others)])
    return f"{text[:1].upper()}{text[1:]}."


def _validity(facts: JsonMapping) -> str:
    count, valid = _integer(facts.get("count")), facts.get("valid")
    if not count or not isinstance(valid, int):
        return ""
    if valid >= count:
        return f"All {count:,} features pass validation."
    faults = [
        f"{number:,} {_FAULTS.get(rule, f'with a fault in {rule}')}"
        for rule, number in sorted(_counts(facts.get("invalid")).items(), key=lambda item: -item[1])
        if number
    ]
    reasons = f" ({', '.join(faults)})" if faults else ""
    return f"{valid:,} of {count:,} features pass validation; {count - valid:,} do not{reasons}."


def _rows(facts: JsonMapping) -> str:
    rows = facts.get("rows")
    if not isinstance(rows, Mapping):
        return ""
    read = _integer(rows.get("read"))
    reasons = rows.get("bad")
    bad = {
        str(reason): _integer(entry.get("count"))
        for reason, entry in (reasons.items() if isinstance(reasons, Mapping) else ())
        if isinstance(entry, Mapping)
    }
    bad |= _counts(rows.get("left_out"))
    rejected = sum(bad.values())
    if not rejected:
        return f"Every one of the {read:,} source rows was used." if read else ""
    worst = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(bad.items(), key=lambda item: -item[1])[:3])
    return f"{rejected:,} of {read:,} source rows had faults or were left out ({worst})."


def _place(facts: JsonMapping, problems: list[str]) -> str:
    placement = facts.get("placement")
    if problems:
        return "The data may be in the wrong place."
    if not isinstance(placement, Mapping):
        return ""
    coverage = placement.get("coverage")
    return f"The data is in {coverage}, as the source states." if isinstance(coverage, str) and coverage else ""


def _counts(value: object) -> dict[str, int]:
    items = value.items() if isinstance(value, Mapping) else ()
    return {str(name): number for name, number in items if isinstance(number, int)}


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0
