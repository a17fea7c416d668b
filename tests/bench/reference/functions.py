"""The attribute functions, one row at a time, by docs/engine.md, "Attribute functions".

The module shares nothing with the engine: it is the oracle of the differential test and the baseline of the benchmark.
Each maker takes a rule and returns a function of a row (a dict of texts), which returns None for no result.
"""

import ast
import json
import re
import warnings
from collections.abc import Callable
from typing import Any


class Row(dict[str, str]):
    """The texts of a row by column; `real` names the columns of numbers with decimals."""

    def __init__(self, cells: dict[str, str], real: frozenset[str]) -> None:
        super().__init__(cells)
        self._real, self._written = real, set[str]()
        self.keeps_decimals = False

    def __setitem__(self, name: str, text: str) -> None:
        self._written.add(name)
        super().__setitem__(name, text)

    def plain(self, name: str) -> str:
        """Return the text of a column, a whole number of a real column without its `.0`, "" for an absent column."""
        is_real = name in self._real and name not in self._written and not self.keeps_decimals
        text = self.get(name, "")
        return text.removesuffix(".0") if is_real else text


Step = Callable[[Row], Any]

DIGITS_AND_MORE = r"\d+(?:[- ]\d/\d|-\d+|-?[A-Z])?"
DESIGNATOR = r"(?:(?:unit|apartment|apt\.?|suite|ste\.?|building|bldg\.?|lot)\s+|\#).+"


def join(rule: dict[str, Any]) -> Step:
    separator, fields = rule.get("separator", " "), rule["fields"]

    def step(row: Row) -> Any:
        if any(field not in row for field in fields):
            return None
        return separator.join(value for value in (row.plain(field).strip() for field in fields) if value)

    return step


def space_separated(fields: list[str]) -> Step:
    return lambda row: " ".join(value for value in (row.plain(field).strip() for field in fields) if value)


def fill_in(rule: dict[str, Any]) -> Step:
    text, fields = rule["format"], rule["fields"]
    numbers = [(match.start(), match.end(), int(match[1])) for match in re.finditer(r"\$([0-9]+)", text)]

    def step(row: Row) -> Any:
        result, has_value, position = "", False, 0
        for start, end, number in numbers:
            if 1 <= number <= len(fields):
                value = row.get(fields[number - 1], "").strip()
                if position == 0 or (value and has_value):
                    result += text[position:start]
                if value:
                    has_value = True
                    result += value.removesuffix(".0")
            position = end
        return result + text[position:] if has_value else ""

    return step


def regular_expression(rule: dict[str, Any]) -> Step:
    pattern, field = re.compile(rule["pattern"]), rule["field"]
    if not rule.get("replace"):
        return _groups(pattern, field)
    template = re.sub(r"\$(?:([0-9]+)|\{([0-9]+)\})", lambda m: f"\\g<{m[1] or m[2]}>", rule["replace"])
    return lambda row: pattern.sub(template, row.get(field, ""))


def _groups(pattern: re.Pattern[str], field: str) -> Step:
    def step(row: Row) -> Any:
        match = pattern.search(row.get(field, ""))
        return "".join(group for group in match.groups() if group) if match else ""

    return step


def prefixed_number(rule: dict[str, Any]) -> Step:
    return _groups(re.compile(rf"\A\s*({DIGITS_AND_MORE})\s", re.IGNORECASE), rule["field"])


def postfixed_street(rule: dict[str, Any]) -> Step:
    number = rf"\A(?:\s*{DIGITS_AND_MORE}\s+)?"
    rest = rf"(.+?)(?:\s+{DESIGNATOR})?$" if rule.get("may_contain_units") else "(.*)"
    return _groups(re.compile(number + rest, re.IGNORECASE), rule["field"])


def postfixed_unit(rule: dict[str, Any]) -> Step:
    return _groups(re.compile(rf"\s({DESIGNATOR})$", re.IGNORECASE), rule["field"])


def remove_prefix(rule: dict[str, Any]) -> Step:
    def step(row: Row) -> Any:
        value, start = row.plain(rule["field"]), row.plain(rule["field_to_remove"])
        return value[len(start) :].lstrip(" ") if value.startswith(start) else value

    return step


def remove_postfix(rule: dict[str, Any]) -> Step:
    def step(row: Row) -> Any:
        value, end = row.plain(rule["field"]), row.plain(rule["field_to_remove"])
        return value[: len(value) - len(end)].rstrip(" ") if end and value.endswith(end) else value

    return step


def first_non_empty(rule: dict[str, Any]) -> Step:
    fields = rule["fields"]
    return lambda row: next((row.plain(field) for field in fields if row.get(field, "").strip()), None)


def constant(rule: dict[str, Any]) -> Step:
    value = "" if rule["value"] is None else rule["value"]
    return lambda _row: value


def map_value(rule: dict[str, Any]) -> Step:
    field, otherwise = rule["field"], "" if rule.get("else") is None else rule["else"]
    mapping = {key: "" if value is None else value for key, value in rule["mapping"].items()}
    return lambda row: mapping.get(row[field], otherwise) if field in row else None


def mph_to_kph(rule: dict[str, Any]) -> Step:
    def step(row: Row) -> Any:
        if rule["field"] not in row:
            return None
        try:
            return str(round(float(row[rule["field"]]) * 1.60934))
        except (ValueError, OverflowError):
            return ""

    return step


def item(rule: dict[str, Any]) -> Step:
    key = rule["index"] if "index" in rule else rule.get("key")

    def step(row: Row) -> Any:
        value = _value(row.get(rule["field"], ""))
        if isinstance(value, dict):
            found = value.get(str(key))
        elif isinstance(value, list | tuple) and re.fullmatch(r"\s*[+-]?\d+\s*", str(key)):
            found = value[int(key)] if -len(value) <= int(key) < len(value) else None
        else:
            found = None
        return found if isinstance(found, str) else "" if found is None else str(found)

    return step


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


MAKERS: dict[str, Callable[[dict[str, Any]], Step]] = {
    "join": join,
    "format": fill_in,
    "regexp": regular_expression,
    "prefixed_number": prefixed_number,
    "postfixed_street": postfixed_street,
    "postfixed_unit": postfixed_unit,
    "remove_prefix": remove_prefix,
    "remove_postfix": remove_postfix,
    "first_non_empty": first_non_empty,
    "constant": constant,
    "map": map_value,
    "mph_to_kph": mph_to_kph,
    "get": item,
}
