"""Findings of a definition: its schema, its coverage, and the options and rules of each of its entries."""

from collections.abc import Iterator
from typing import cast

from oa_shared.definition_check.column_names import check_column_names
from oa_shared.definition_check.findings import LintFinding, child_pointer, error, hint, warning
from oa_shared.definition_check.options import OPTIONS, check_options
from oa_shared.definition_check.rules import check_rule
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.layer_attributes import LAYER_ATTRIBUTES
from oa_shared.source_definition import DefinitionEntry, repeated_names, validate_definition
from oa_shared.us_places import explain_contradiction

_COVERAGES = ("US Census", "ISO 3166", "geometry")


def find_schema_errors(definition: object) -> list[LintFinding]:
    """Return the schema errors of a decoded definition; no other check can read a definition that has any."""
    return [error(problem.pointer, "source.schema", problem.message) for problem in validate_definition(definition)]


def check_whole(definition: JsonObject) -> Iterator[LintFinding]:
    """Yield the findings of a valid definition that belong to no single entry."""
    yield from (error(problem.pointer, "source.schema", problem.message) for problem in repeated_names(definition))
    coverage = cast("JsonMapping", definition["coverage"])
    if not any(coverage.get(kind) for kind in _COVERAGES):
        yield warning("/coverage", "no_coverage", "`coverage` needs a US Census ID, an ISO 3166 code or a geometry")
    if contradiction := explain_contradiction(coverage):
        yield warning(child_pointer("/coverage", "US Census", "geoid"), "wrong_geoid", contradiction)


def check_entry(entry: DefinitionEntry) -> Iterator[LintFinding]:
    """Yield the findings of an entry of a valid definition."""
    yield from check_options(entry.body, entry.pointer)
    conform: JsonMapping = entry.body.get("conform") or {}
    attributes = LAYER_ATTRIBUTES[entry.layer]
    rules = {attribute: conform[attribute] for attribute in conform if attribute in attributes}
    pointer = child_pointer(entry.pointer, "conform")
    for attribute, rule in rules.items():
        yield from check_rule(rule, child_pointer(pointer, attribute))
    yield from check_column_names(conform, pointer)
    if conform and not rules and entry.layer != "buildings":
        yield hint(pointer, "no_attributes", "no attribute has a rule: the output has only geometries")
    for name in conform:
        if name not in attributes and name not in OPTIONS:
            text = f"`{name}` is not an attribute of {entry.layer} in the output"
            yield warning(child_pointer(pointer, name), "no_effect", text)
