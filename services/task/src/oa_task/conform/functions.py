"""The attribute functions of a source, one each, from columns of text to a column (ENGINE part A, section 7)."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from oa_task.conform.regexps import compile_regexp, replacement
from oa_task.failure import TaskFailure

Value = Any
Column = Sequence[str | None]
Columns = Mapping[str, Column]
Rule = Mapping[str, Any]
_NUMBER = r"\s*(?P<number>\d+(?:[- ]\d/\d|-\d+|-?[A-Z])?)"
_PREFIXED_NUMBER = re.compile(_NUMBER + r"\s", re.IGNORECASE)
_DESIGNATOR = r"(?:(?:UNIT|APARTMENT|APT\.?|SUITE|STE\.?|BUILDING|BLDG\.?|LOT)\s+.+|\#.+)"
_POSTFIXED_STREET = re.compile(r"(?:\s*\d+(?:[- ]\d/\d|-\d+|-?[A-Z])?\s+)?(?P<rest>.*)", re.IGNORECASE)
_STREET_BEFORE_UNIT = re.compile(
    rf"(?:\s*\d+(?:[- ]\d/\d|-\d+|-?[A-Z])?\s+)?(?P<rest>.+?)(?:\s+{_DESIGNATOR})?", re.IGNORECASE
)
_POSTFIXED_UNIT = re.compile(rf"\s(?P<unit>{_DESIGNATOR})$", re.IGNORECASE)
_FORMAT_REFERENCE = re.compile(r"\$(\d+)")
_MPH = Decimal("1.60934")


def join(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Join the trimmed, non-empty values; an absent column makes the attribute empty."""
    fields = rule["fields"]
    if any(field not in columns for field in fields):
        return [None] * height
    separator = rule.get("separator", " ")
    return [separator.join(_filled(row)) for row in zip(*(columns[field] for field in fields), strict=True)]


def regexp(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Replace every match, or return the groups of the first one joined."""
    pattern = compile_regexp(rule["pattern"])
    values = _column(columns, rule["field"], height)
    if not rule.get("replace"):
        return [_groups(pattern.search(value or "")) for value in values]
    replace = replacement(rule["replace"], pattern)
    return [pattern.sub(replace, value or "") for value in values]


def prefixed_number(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Return the house number at the start of an address."""
    found = (_PREFIXED_NUMBER.match(value or "") for value in _column(columns, rule["field"], height))
    return [match["number"] if match else "" for match in found]


def postfixed_street(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Return what follows the house number, up to a unit where the rule says that there may be one."""
    values = _column(columns, rule["field"], height)
    if not rule.get("may_contain_units"):
        return [_rest(_POSTFIXED_STREET.match(value or "")) for value in values]
    return [_rest(_STREET_BEFORE_UNIT.fullmatch(value or "")) for value in values]


def postfixed_unit(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Return the unit at the end of an address."""
    found = (_POSTFIXED_UNIT.search(value or "") for value in _column(columns, rule["field"], height))
    return [match["unit"] if match else "" for match in found]


def remove_prefix(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Cut the other column's value from the start."""
    pairs = _pairs(columns, rule, height)
    return [(value.removeprefix(cut)).lstrip(" ") for value, cut in pairs]


def remove_postfix(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Cut the other column's value from the end."""
    pairs = _pairs(columns, rule, height)
    return [value[: -len(cut)].rstrip(" ") if cut and value.endswith(cut) else value for value, cut in pairs]


def first_non_empty(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Return the first value that is more than white space, as it stands."""
    there = [columns[field] for field in rule["fields"] if field in columns]
    if not there:
        return [None] * height
    return [next((value for value in row if value and value.strip()), None) for row in zip(*there, strict=True)]


def constant(_columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Return the rule's own value."""
    return [rule["value"]] * height


def map_(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Return what the mapping says, else `else`, else nothing."""
    if rule["field"] not in columns:
        return [None] * height
    mapping, otherwise = rule["mapping"], rule.get("else", "")
    return [mapping.get(value, otherwise) for value in columns[rule["field"]]]


def mph_to_kph(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Convert a speed, rounded half to even; what is no number becomes empty."""
    if rule["field"] not in columns:
        return [None] * height
    return [_kilometres(value) for value in columns[rule["field"]]]


def format_(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Fill `$n`; text before an empty one is left out."""
    parts = _FORMAT_REFERENCE.split(rule["format"])
    fields = [_column(columns, field, height) for field in rule["fields"]]
    return [_format(parts, [_whole(value or "") for value in row]) for row in zip(*fields, strict=True)]


def get(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Return one item of a list, by its number."""
    index = rule.get("index", rule.get("key"))
    return [_item(value, index) for value in _column(columns, rule["field"], height)]


def chain(columns: Columns, rule: Rule, height: int) -> list[Value]:
    """Run the steps; each one's result is what the next may read under the variable's name."""
    variable = rule.get("variable", "")
    seen: dict[str, Column] = dict(columns)
    result: list[Value] = [None] * height
    for step in rule["functions"]:
        result = apply(seen, step, height)
        texts = ["" if value is None else str(value) for value in result]
        before = seen.get(variable, [""] * height)
        seen[f"oa:{variable}"] = texts
        seen[variable] = [new or old for new, old in zip(texts, before, strict=True)]
    return result


FUNCTIONS: dict[str, Callable[[Columns, Rule, int], list[Value]]] = {
    "join": join,
    "regexp": regexp,
    "prefixed_number": prefixed_number,
    "postfixed_street": postfixed_street,
    "postfixed_unit": postfixed_unit,
    "remove_prefix": remove_prefix,
    "remove_postfix": remove_postfix,
    "first_non_empty": first_non_empty,
    "constant": constant,
    "map": map_,
    "mph_to_kph": mph_to_kph,
    "format": format_,
    "get": get,
    "chain": chain,
}


def apply(columns: Columns, rule: Any, height: int) -> list[Value]:
    """Apply a rule in any of its forms: a column's name, a list of names, a function."""
    if isinstance(rule, str):
        return list(columns.get(rule, [None] * height))
    if isinstance(rule, list):
        there = [columns[field] for field in rule if field in columns]
        return [" ".join(_filled(row)) for row in zip(*there, strict=True)] if there else [""] * height
    if isinstance(rule, dict):
        return FUNCTIONS[rule["function"]](columns, rule, height)
    return [rule] * height


def _column(columns: Columns, name: str, height: int) -> Column:
    if name not in columns:
        raise TaskFailure("source.columns_missing", f"no column {name!r} in {height} rows")
    return columns[name]


def _pairs(columns: Columns, rule: Rule, height: int) -> list[tuple[str, str]]:
    values, cuts = _column(columns, rule["field"], height), _column(columns, rule["field_to_remove"], height)
    return [(value or "", cut or "") for value, cut in zip(values, cuts, strict=True)]


def _filled(row: Sequence[str | None]) -> list[str]:
    return [value.strip() for value in row if value and value.strip()]


def _groups(match: re.Match[str] | None) -> str:
    return "".join(group for group in match.groups() if group) if match else ""


def _rest(match: re.Match[str] | None) -> str:
    return match["rest"] if match else ""


def _kilometres(value: str | None) -> str:
    try:
        speed = Decimal(value or "")
        return str((speed * _MPH).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    except InvalidOperation:
        return ""


def _whole(value: str) -> str:
    return value.strip().removesuffix(".0")


def _format(parts: list[str], values: list[str]) -> str:
    """Put values between the literal parts: text, number, text, number, …, text."""
    if not any(values):
        return ""
    result, is_started = parts[0], False
    for place in range(1, len(parts), 2):
        number = int(parts[place])
        value = values[number - 1] if 0 < number <= len(values) else ""
        before = parts[place - 1] if place > 1 else ""
        if value:
            result += (before if is_started else "") + value
            is_started = True
    return result + (parts[-1] if len(parts) > 1 else "")


def _item(value: str | None, index: Any) -> str:
    parts = (value or "").strip("[]").split(",")
    if isinstance(index, int) and -len(parts) <= index < len(parts):
        return parts[index].strip(" '\"")
    return ""
