"""Remarks on the attribute rules of an entry, one check for each function."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from oa_task.check.backtracking import find_backtracking_input
from oa_task.check.findings import LintFinding, child_pointer, error, hint, warning

_REFERENCE = re.compile(r"\$(?:(\d+)|\{(\d+)\})")
_FORMAT_REFERENCE = re.compile(r"\$(\d+)")
_MAX_PATTERN = 100_000
_Check = Callable[[dict[str, Any], str], Iterator[LintFinding]]


def check_rule(rule: Any, pointer: str) -> Iterator[LintFinding]:
    """Yield what there is to say of one rule: a column, a list, a number or a function."""
    if rule == "":
        yield warning(pointer, "no_column", "an empty text names no column, so the attribute stays empty")
    elif isinstance(rule, list):
        yield from _repeated(rule, pointer)
    elif isinstance(rule, dict):
        yield from _CHECKS[rule["function"]](rule, pointer)


def _repeated(columns: list[str], pointer: str) -> Iterator[LintFinding]:
    for place, column in enumerate(columns):
        if column in columns[:place]:
            yield warning(child_pointer(pointer, place), "repeated_column", f"the column {column!r} is named twice")


def _join(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    yield from _repeated(rule["fields"], child_pointer(pointer, "fields"))
    if len(rule["fields"]) == 1:
        text = f"joining one column only trims it: write {rule['fields'][0]!r} instead of the function"
        yield hint(child_pointer(pointer, "fields"), "one_column", text)


def _first_non_empty(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    yield from _repeated(rule["fields"], child_pointer(pointer, "fields"))
    if len(rule["fields"]) == 1:
        text = f"of one column the first is that column: write {rule['fields'][0]!r} instead of the function"
        yield hint(child_pointer(pointer, "fields"), "one_column", text)


def _format(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    used = {int(number) for number in _FORMAT_REFERENCE.findall(rule["format"])}
    there = range(1, len(rule["fields"]) + 1)
    place = child_pointer(pointer, "format")
    for number in sorted(used.difference(there)):
        yield warning(place, "no_such_field", f"${number} names no field: there are {len(there)}, counted from 1")
    for number in sorted(set(there) - used):
        column = rule["fields"][number - 1]
        yield warning(
            child_pointer(pointer, "fields", number - 1),
            "unused_field",
            f"the format never uses {column!r} (${number})",
        )


def _regexp(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    place, text = child_pointer(pointer, "pattern"), rule["pattern"]
    if len(text) > _MAX_PATTERN:
        yield error(
            place, "source.regexp", f"the pattern has {len(text):,} characters, at most {_MAX_PATTERN:,} are taken"
        )
        return
    try:
        pattern = re.compile(text)
    except (re.error, RecursionError, OverflowError) as problem:
        yield error(place, "source.regexp", f"{text!r} is not a regular expression: {problem}")
        return
    yield from _replacement(rule, pattern, pointer)
    attack = find_backtracking_input(text)
    if attack is not None:
        shown = f"{attack[:12]!r} and {len(attack) - 12} more characters"
        yield warning(place, "source.regexp_timeout", f"the pattern backtracks for ever on values such as {shown}")


def _replacement(rule: dict[str, Any], pattern: re.Pattern[str], pointer: str) -> Iterator[LintFinding]:
    replace = rule.get("replace")
    if not replace:
        if not pattern.groups:
            text = "without groups and without `replace` the result is always empty: put ( ) round what is wanted"
            yield error(child_pointer(pointer, "pattern"), "no_groups", text)
        return
    missing = [int(one or other) for one, other in _REFERENCE.findall(replace) if int(one or other) > pattern.groups]
    if missing:
        text = f"${missing[0]} names a group that the pattern does not have; it has {pattern.groups}"
        yield error(child_pointer(pointer, "replace"), "source.regexp", text)


def _remove(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    if rule["field"] == rule["field_to_remove"]:
        text = "the column is removed from itself, so the result is always empty"
        yield warning(child_pointer(pointer, "field_to_remove"), "always_empty", text)


def _map(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    if not rule["mapping"]:
        text = "an empty mapping gives every row the same value: use `constant`"
        yield warning(child_pointer(pointer, "mapping"), "empty_mapping", text)


def _constant(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    if rule["value"] in ("", None):
        yield warning(
            child_pointer(pointer, "value"), "always_empty", "an empty constant is what an attribute without a rule has"
        )


def _get(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    if "index" not in rule and "key" not in rule:
        yield error(pointer, "no_item", "`get` picks one item: name it with `index` or `key`")


def _chain(rule: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    steps = rule["functions"]
    if len(steps) == 1:
        yield hint(child_pointer(pointer, "functions"), "one_step", "a chain of one step is that step")
    if "variable" not in rule:
        text = "without `variable` a step that finds nothing fails the row: name one, and read it as oa:<variable>"
        yield warning(pointer, "no_variable", text)
    for place, step in enumerate(steps):
        yield from check_rule(step, child_pointer(pointer, "functions", place))


def _nothing(_rule: dict[str, Any], _pointer: str) -> Iterator[LintFinding]:
    return iter(())


_CHECKS: dict[str, _Check] = {
    "join": _join,
    "format": _format,
    "regexp": _regexp,
    "prefixed_number": _nothing,
    "postfixed_street": _nothing,
    "postfixed_unit": _nothing,
    "remove_prefix": _remove,
    "remove_postfix": _remove,
    "first_non_empty": _first_non_empty,
    "constant": _constant,
    "map": _map,
    "mph_to_kph": _nothing,
    "get": _get,
    "chain": _chain,
}
