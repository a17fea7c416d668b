"""What a column may be by its name: its roles, each with a score from 0 to 1."""

from dataclasses import dataclass
from enum import StrEnum

from oa_task.conversion.column_words import name_concepts

Concepts = frozenset[str]


class ColumnRole(StrEnum):
    """What a column holds: an attribute of a layer, a part of one, or a full address."""

    ADDRESS = "address"
    NUMBER = "number"
    NUMBER_PREFIX = "number_prefix"
    NUMBER_SUFFIX = "number_suffix"
    STREET_FULL = "street_full"
    STREET = "street"
    PRE_DIRECTION = "pre_direction"
    PRE_MODIFIER = "pre_modifier"
    PRE_TYPE = "pre_type"
    PRE_SEPARATOR = "pre_separator"
    STREET_TYPE = "street_type"
    POST_DIRECTION = "post_direction"
    POST_MODIFIER = "post_modifier"
    UNIT = "unit"
    UNIT_TYPE = "unit_type"
    CITY = "city"
    DISTRICT = "district"
    REGION = "region"
    POSTCODE = "postcode"
    ID = "id"
    PARCEL_ID = "parcel_id"
    LAT = "lat"
    LON = "lon"
    HEIGHT = "height"
    LEVELS = "levels"
    SPEED = "speed"


@dataclass(frozen=True, slots=True)
class _RoleRule:
    """A role for names that have all `needed` concepts and otherwise only `allowed` ones."""

    role: ColumnRole
    needed: tuple[str, ...]
    allowed: Concepts
    score: float


_PLACE = frozenset({"site", "address", "parcel"})
_AXIS = frozenset({"coordinate", "address", "code"})


def _rule(role: ColumnRole, score: float, needed: str, allowed: str = "", *, place: Concepts = _PLACE) -> _RoleRule:
    concepts = tuple(needed.split())
    return _RoleRule(role, concepts, frozenset(concepts) | frozenset(allowed.split()) | place, score)


_RULES = (
    _rule(ColumnRole.NUMBER, 1.0, "house_number", "number full house street"),
    _rule(ColumnRole.NUMBER, 1.0, "house number", "full street"),
    _rule(ColumnRole.NUMBER, 0.95, "address number", "full street house"),
    _rule(ColumnRole.NUMBER, 0.9, "street number", "full"),
    _rule(ColumnRole.NUMBER, 0.8, "number", "house"),
    _rule(ColumnRole.NUMBER, 0.9, "house full"),
    _rule(ColumnRole.NUMBER, 0.65, "house"),
    _rule(ColumnRole.NUMBER, 0.6, "number city"),
    _rule(ColumnRole.NUMBER_PREFIX, 1.0, "number prefix", "house street"),
    _rule(ColumnRole.NUMBER_PREFIX, 1.0, "house_number prefix"),
    _rule(ColumnRole.NUMBER_PREFIX, 0.8, "house prefix"),
    _rule(ColumnRole.NUMBER_PREFIX, 0.75, "address prefix"),
    _rule(ColumnRole.NUMBER_SUFFIX, 1.0, "number suffix", "house street modifier"),
    _rule(ColumnRole.NUMBER_SUFFIX, 1.0, "house_number suffix"),
    _rule(ColumnRole.NUMBER_SUFFIX, 0.8, "house suffix", "modifier"),
    _rule(ColumnRole.NUMBER_SUFFIX, 0.75, "number_part", "house number suffix"),
    _rule(ColumnRole.NUMBER_SUFFIX, 0.75, "address suffix"),
    _rule(ColumnRole.STREET_FULL, 1.0, "street full", "name"),
    _rule(ColumnRole.STREET_FULL, 0.9, "street name type"),
    _rule(ColumnRole.STREET_FULL, 0.85, "full name", "street"),
    _rule(ColumnRole.STREET_FULL, 0.75, "full", place=frozenset()),
    _rule(ColumnRole.STREET, 0.95, "street name", "code"),
    _rule(ColumnRole.STREET, 0.9, "street"),
    _rule(ColumnRole.STREET, 0.55, "address name"),
    _rule(ColumnRole.STREET, 0.45, "name", place=frozenset()),
    _rule(ColumnRole.PRE_DIRECTION, 1.0, "prefix direction", "street number code"),
    _rule(ColumnRole.PRE_DIRECTION, 0.7, "prefix", "street code"),
    _rule(ColumnRole.PRE_DIRECTION, 0.6, "direction", "street"),
    _rule(ColumnRole.PRE_MODIFIER, 1.0, "prefix modifier", "street"),
    _rule(ColumnRole.PRE_TYPE, 1.0, "prefix type", "street code"),
    _rule(ColumnRole.PRE_SEPARATOR, 1.0, "separator", "prefix street"),
    _rule(ColumnRole.STREET_TYPE, 1.0, "suffix type", "street code"),
    _rule(ColumnRole.STREET_TYPE, 0.95, "street type", "suffix code"),
    _rule(ColumnRole.STREET_TYPE, 0.8, "type", place=frozenset()),
    _rule(ColumnRole.STREET_TYPE, 0.6, "street suffix"),
    _rule(ColumnRole.STREET_TYPE, 0.55, "suffix", place=frozenset()),
    _rule(ColumnRole.POST_DIRECTION, 1.0, "suffix direction", "street code"),
    _rule(ColumnRole.POST_DIRECTION, 0.5, "suffix", "street", place=frozenset()),
    _rule(ColumnRole.POST_MODIFIER, 1.0, "suffix modifier", "street"),
    _rule(ColumnRole.ADDRESS, 1.0, "address full", "street"),
    _rule(ColumnRole.ADDRESS, 0.9, "address", "street"),
    _rule(ColumnRole.ADDRESS, 0.9, "address house"),
    _rule(ColumnRole.ADDRESS, 0.5, "site", "full"),
    _rule(ColumnRole.UNIT, 1.0, "unit number", "id house"),
    _rule(ColumnRole.UNIT, 0.95, "unit", "id name code street house"),
    _rule(ColumnRole.UNIT_TYPE, 1.0, "unit type", "name"),
    _rule(ColumnRole.CITY, 1.0, "city", "name postal"),
    _rule(ColumnRole.CITY, 0.6, "postal name"),
    _rule(ColumnRole.DISTRICT, 0.95, "district", "name"),
    _rule(ColumnRole.REGION, 0.95, "region", "name code postal"),
    _rule(ColumnRole.POSTCODE, 1.0, "postcode", "postal code number city"),
    _rule(ColumnRole.POSTCODE, 1.0, "postal code", "name city"),
    _rule(ColumnRole.POSTCODE, 0.8, "postal number"),
    _rule(ColumnRole.POSTCODE, 0.65, "postal"),
    _rule(ColumnRole.ID, 0.95, "address id", "number code"),
    _rule(ColumnRole.ID, 0.8, "id", "code house unit number"),
    _rule(ColumnRole.ID, 0.5, "parcel number", "id"),
    _rule(ColumnRole.PARCEL_ID, 1.0, "parcel id", "number code"),
    _rule(ColumnRole.PARCEL_ID, 0.95, "parcel number", "id code"),
    _rule(ColumnRole.PARCEL_ID, 0.85, "parcel", "code name"),
    _rule(ColumnRole.PARCEL_ID, 0.5, "id", "number code"),
    _rule(ColumnRole.LAT, 1.0, "lat", place=_AXIS),
    _rule(ColumnRole.LON, 1.0, "lon", place=_AXIS),
    _rule(ColumnRole.HEIGHT, 0.9, "height", "house"),
    _rule(ColumnRole.LEVELS, 0.9, "levels", "number house"),
    _rule(ColumnRole.SPEED, 0.9, "speed", "number street"),
)
# Words that make a name that of something else: the mailing address of an owner, a range of numbers, an older name.
_OTHER = {"owner": 0.4, "range": 0.1, "old": 0.3, "date": 0.1, "count": 0.1, "side": 0.2, "class": 0.3}
_UNKNOWN, _LEAST = 0.7, 0.25


def roles_of(name: str) -> dict[ColumnRole, float]:
    """Return the roles that the name of a column allows, with the score of each."""
    words = name_concepts(name)
    known = [word for word in words if word]
    if not known:
        return {}
    factor = _UNKNOWN ** (len(words) - len(known))
    for concept, other in _OTHER.items():
        if any(word <= _OTHER.keys() and concept in word for word in known):
            factor *= other
    meaningful = [word for word in known if not word <= _OTHER.keys()]
    scores: dict[ColumnRole, float] = {}
    for rule in _RULES:
        if _applies(rule, meaningful):
            scores[rule.role] = max(scores.get(rule.role, 0.0), rule.score * factor)
    return {role: score for role, score in scores.items() if score >= _LEAST}


def _applies(rule: _RoleRule, words: list[Concepts]) -> bool:
    """Return whether different words have the needed concepts, and each other word an allowed one."""
    return bool(words) and _covers(list(rule.needed), words, rule.allowed)


def _covers(needed: list[str], words: list[Concepts], allowed: Concepts) -> bool:
    if not needed:
        return all(word & allowed for word in words)
    first, rest = needed[0], needed[1:]
    for index, word in enumerate(words):
        if first not in word:
            continue
        others = words[:index] + words[index + 1 :]
        # One word may say two things, such as `predir`.
        inside = [concept for concept in rest if concept not in word]
        if _covers(rest, others, allowed) or (len(inside) < len(rest) and _covers(inside, others, allowed)):
            return True
    return False
