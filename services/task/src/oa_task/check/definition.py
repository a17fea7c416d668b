"""Findings of a definition: its JSON, its schema, and each of its entries."""

import json
from collections.abc import Iterator

from oa_shared.json_types import JsonObject
from oa_shared.source_definition import DefinitionEntry, entries, repeated_names, validate_definition
from oa_task.check.findings import LintFinding, child_pointer, error, hint, warning
from oa_task.check.options import OPTIONS, check_options
from oa_task.check.rules import check_rule
from oa_task.conform.acceptance import run_tests
from oa_task.definition.task_entry import ATTRIBUTES, select_entry
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.json_values import json_object

_COVERAGES = ("US Census", "ISO 3166", "geometry")


def check_text(text: str) -> list[LintFinding]:
    """Return the findings of the text of a definition, in its order."""
    try:
        definition = json.loads(text)
    except (ValueError, RecursionError) as problem:
        return [error("", "source.schema", f"not JSON: {problem}")]
    return list(check_definition(definition))


def check_definition(definition: JsonObject) -> Iterator[LintFinding]:
    """Yield the findings of a decoded definition; only schema errors if it has any."""
    problems = validate_definition(definition)
    if problems:
        yield from (error(problem.pointer, "source.schema", problem.message) for problem in problems)
        return
    yield from (error(problem.pointer, "source.schema", problem.message) for problem in repeated_names(definition))
    coverage = json_object(definition["coverage"])
    if not any(coverage.get(kind) for kind in _COVERAGES):
        yield warning("/coverage", "no_coverage", f"missing coverage: add one of {', '.join(_COVERAGES)}")
    for entry in entries(definition):
        yield from _check_entry(definition, entry)


def _check_entry(definition: JsonObject, entry: DefinitionEntry) -> Iterator[LintFinding]:
    findings = list(check_options(entry.body, entry.pointer))
    conform = json_object(entry.body.get("conform"))
    attributes = ATTRIBUTES[entry.layer]
    rules = {attribute: conform[attribute] for attribute in conform if attribute in attributes}
    pointer = child_pointer(entry.pointer, "conform")
    for attribute, rule in rules.items():
        findings += check_rule(rule, child_pointer(pointer, attribute))
    if conform and not rules and entry.layer != "buildings":
        findings.append(hint(pointer, "no_attributes", "no attribute has a rule: the output has only geometries"))
    for name in conform:
        if name not in attributes and name not in OPTIONS:
            text = f"`{name}` is not an attribute of {entry.layer} in the output"
            findings.append(warning(child_pointer(pointer, name), "no_effect", text))
    yield from findings
    if not any(item.code.startswith("source.") for item in findings):
        yield from _check_tests(definition, entry)


def _check_tests(definition: JsonObject, entry: DefinitionEntry) -> Iterator[LintFinding]:
    try:
        run_tests(select_entry(definition, entry.layer, entry.name))
    except TaskFailure as failure:
        yield error(child_pointer(entry.pointer, "test"), failure.code, failure.message)
