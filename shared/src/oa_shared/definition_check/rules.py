"""Findings about the attribute rules of an entry, with one check for each function."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from oa_shared.definition_check.backtracking import find_backtracking_input
from oa_shared.definition_check.findings import LintFinding, child_pointer, error, hint, warning
from oa_shared.definition_check.unmatched_text import OTHER_TEXT, find_kept_text
from oa_shared.json_types import JsonMapping

_REFERENCE = re.compile(r"\$(?:(\d+)|\{(\d+)\})")
_FORMAT_REFERENCE = re.compile(r"\$(\d+)")
_MAX_PATTERN = 100_000
_Check = Callable[[JsonMapping, str], Iterator[LintFinding]]


def check_rule(rule: object, pointer: str) -> Iterator[LintFinding]:
    """Yield the findings of a valid rule: a column, a list, a number or a function."""
    if rule == "":
        yield warning(pointer, "no_column", "an empty text is not a column: the attribute stays empty")
    elif isinstance(rule, list):
        yield from _check_repeated(rule, pointer)
    elif isinstance(rule, Mapping):
        yield from _CHECKS[str(rule["function"])](rule, pointer)


def _fields(rule: JsonMapping) -> list[str]:
    """Return the fields of a function; the schema requires a list of texts."""
    return cast("list[str]", rule["fields"])


def _check_repeated(columns: Sequence[str], pointer: str) -> Iterator[LintFinding]:
    for index, column in enumerate(columns):
        if column in columns[:index]:
            yield warning(child_pointer(pointer, index), "repeated_column", f"duplicate column {column!r}")


def _check_join(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    fields = _fields(rule)
    yield from _check_repeated(fields, child_pointer(pointer, "fields"))
    if len(fields) == 1:
        text = f"a join of one column only trims it: replace the function with {fields[0]!r}"
        yield hint(child_pointer(pointer, "fields"), "one_column", text)


def _check_first_non_empty(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    fields = _fields(rule)
    yield from _check_repeated(fields, child_pointer(pointer, "fields"))
    if len(fields) == 1:
        text = f"the first of one column is that column: replace the function with {fields[0]!r}"
        yield hint(child_pointer(pointer, "fields"), "one_column", text)


def _check_format(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    fields = _fields(rule)
    referenced = {int(number) for number in _FORMAT_REFERENCE.findall(str(rule["format"]))}
    existing = range(1, len(fields) + 1)
    for number in sorted(referenced.difference(existing)):
        text = f"${number} is not a field: there are {len(fields)}, counted from 1"
        yield warning(child_pointer(pointer, "format"), "no_such_field", text)
    for number in sorted(set(existing) - referenced):
        text = f"the format does not use {fields[number - 1]!r} (${number})"
        yield warning(child_pointer(pointer, "fields", number - 1), "unused_field", text)


def _check_regexp(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    pattern_pointer, text = child_pointer(pointer, "pattern"), str(rule["pattern"])
    if len(text) > _MAX_PATTERN:
        message = f"the pattern has {len(text):,} characters; the limit is {_MAX_PATTERN:,}"
        yield error(pattern_pointer, "source.regexp", message)
        return
    try:
        pattern = re.compile(text)
    except (re.error, RecursionError, OverflowError) as problem:
        yield error(pattern_pointer, "source.regexp", f"{text!r} is not a regular expression: {problem}")
        return
    yield from _check_replacement(rule, pattern, pointer)
    attack = find_backtracking_input(text)
    if attack is not None:
        value = f"{attack[:12]!r} and {len(attack) - 12} more characters"
        message = f"the pattern backtracks without end on values such as {value}"
        yield warning(pattern_pointer, "source.regexp_timeout", message)


def _check_replacement(rule: JsonMapping, pattern: re.Pattern[str], pointer: str) -> Iterator[LintFinding]:
    replace = rule.get("replace")
    if not replace:
        if not pattern.groups:
            text = "without groups and `replace` the result is always empty: put ( ) around the text to keep"
            yield error(child_pointer(pointer, "pattern"), "no_groups", text)
        return
    numbers = [int(plain or braced) for plain, braced in _REFERENCE.findall(str(replace))]
    missing = [number for number in numbers if number > pattern.groups]
    if missing:
        text = f"${missing[0]} is not a group of the pattern, which has {pattern.groups}"
        yield error(child_pointer(pointer, "replace"), "source.regexp", text)
        return
    value = find_kept_text(pattern.pattern, str(replace))
    if value is not None:
        text = (
            f"the result keeps text that the pattern does not match ({value!r} keeps {OTHER_TEXT!r}): "
            "match the full value, such as with ^, $ and .*, or remove `replace` to return only the groups"
        )
        yield warning(child_pointer(pointer, "replace"), "keeps_the_rest", text)


def _check_remove(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    if rule["field"] == rule["field_to_remove"]:
        text = "the column is removed from itself: the result is always empty"
        yield warning(child_pointer(pointer, "field_to_remove"), "always_empty", text)


def _check_map(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    if not rule["mapping"]:
        text = "an empty mapping gives every row the same value: use `constant`"
        yield warning(child_pointer(pointer, "mapping"), "empty_mapping", text)


def _check_constant(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    if rule["value"] in ("", None):
        text = "an empty constant has no effect: an attribute without a rule is empty too"
        yield warning(child_pointer(pointer, "value"), "always_empty", text)


def _check_get(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    if "index" not in rule and "key" not in rule:
        yield error(pointer, "no_item", "missing `index` or `key`: `get` returns one item")


def _check_chain(rule: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    steps = cast("list[object]", rule["functions"])
    if len(steps) == 1:
        yield hint(child_pointer(pointer, "functions"), "one_step", "a chain of one step can be replaced by that step")
    if "variable" not in rule:
        text = "without `variable` a step with an empty result fails the row: name one, and read it as oa:<variable>"
        yield warning(pointer, "no_variable", text)
    for index, step in enumerate(steps):
        yield from check_rule(step, child_pointer(pointer, "functions", index))


def _check_nothing(_rule: JsonMapping, _pointer: str) -> Iterator[LintFinding]:
    return iter(())


_CHECKS: dict[str, _Check] = {
    "join": _check_join,
    "format": _check_format,
    "regexp": _check_regexp,
    "prefixed_number": _check_nothing,
    "postfixed_street": _check_nothing,
    "postfixed_unit": _check_nothing,
    "remove_prefix": _check_remove,
    "remove_postfix": _check_remove,
    "first_non_empty": _check_first_non_empty,
    "constant": _check_constant,
    "map": _check_map,
    "mph_to_kph": _check_nothing,
    "get": _check_get,
    "chain": _check_chain,
}
