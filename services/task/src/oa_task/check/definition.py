"""A whole definition: its JSON, its schema, and each of its entries."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oa_shared.source_definition import entries, repeated_names, validate_definition
from oa_task.check.findings import LintFinding, child_pointer, error, hint, warning
from oa_task.check.options import check_options
from oa_task.check.rules import check_rule
from oa_task.conform.acceptance import run_tests
from oa_task.definition.source_entry import ATTRIBUTES, select_entry
from oa_task.runtime.failure import TaskFailure

_COVERAGES = ("US Census", "ISO 3166", "geometry")


def check_file(path: Path) -> list[LintFinding]:
    """Return what there is to say of a definition, in its own order. Raises OSError for a file that cannot be read."""
    try:
        definition = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        return [error("", "source.schema", f"not JSON: {problem}")]
    return list(check_definition(definition))


def check_definition(definition: Any) -> Iterator[LintFinding]:
    """Yield what there is to say of a decoded definition; of one that breaks the schema only that."""
    problems = validate_definition(definition)
    if problems:
        yield from (error(problem.pointer, "source.schema", problem.message) for problem in problems)
        return
    yield from (error(problem.pointer, "source.schema", problem.message) for problem in repeated_names(definition))
    if not any(definition["coverage"].get(kind) for kind in _COVERAGES):
        yield warning("/coverage", "no_coverage", f"the coverage has none of {', '.join(_COVERAGES)}")
    for entry in entries(definition):
        yield from _check_entry(definition, entry.layer, entry.name, entry.body, entry.pointer)


def _check_entry(
    definition: dict[str, Any], layer: str, name: str, body: dict[str, Any], pointer: str
) -> Iterator[LintFinding]:
    found = list(check_options(body, pointer))
    conform = body.get("conform") or {}
    rules = {attribute: conform[attribute] for attribute in conform if attribute in ATTRIBUTES[layer]}
    for attribute, rule in rules.items():
        found += check_rule(rule, child_pointer(pointer, "conform", attribute))
    if conform and not rules and layer != "buildings":
        found.append(
            hint(
                child_pointer(pointer, "conform"),
                "no_attributes",
                "no attribute has a rule: only geometries come of it",
            )
        )
    found += [
        warning(
            child_pointer(pointer, "conform", option),
            "no_effect",
            f"`{option}` is no attribute of {layer} in the output",
        )
        for option in ("id",)
        if option in conform and option not in ATTRIBUTES[layer]
    ]
    yield from found
    if not any(item.code.startswith("source.") for item in found):
        yield from _tests(definition, layer, name, pointer)


def _tests(definition: dict[str, Any], layer: str, name: str, pointer: str) -> Iterator[LintFinding]:
    try:
        run_tests(select_entry(definition, layer, name))
    except TaskFailure as failure:
        yield error(child_pointer(pointer, "test"), failure.code, failure.message)
