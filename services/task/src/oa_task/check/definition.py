"""Findings of a definition, with those that need the engine: its reference systems and its acceptance tests."""

import json
from collections.abc import Iterator

from pyproj import CRS
from pyproj.exceptions import CRSError

from oa_shared.definition_check.definition import check_entry, check_whole, find_schema_errors
from oa_shared.definition_check.findings import LintFinding, child_pointer, error
from oa_shared.definition_check.repeated_keys import check_repeated_keys
from oa_shared.json_faults import describe_json_fault
from oa_shared.json_types import JsonObject
from oa_shared.json_values import json_object
from oa_shared.source_definition import DefinitionEntry, entries
from oa_task.conform.acceptance import run_tests
from oa_task.definition.task_entry import select_entry
from oa_task.runtime.failure import TaskFailure


def check_text(text: str) -> list[LintFinding]:
    """Return the findings of the text of a definition, in its order."""
    try:
        definition = json.loads(text)
        repeated = list(check_repeated_keys(text))
    except ValueError as problem:
        return [error("", "source.schema", f"not JSON: {describe_json_fault(problem, with_place=False)}")]
    except RecursionError:
        return [error("", "source.schema", "nested too deeply: a definition has at most 64 levels")]
    return [*repeated, *check_definition(definition)]


def check_definition(definition: JsonObject) -> Iterator[LintFinding]:
    """Yield the findings of a decoded definition; only schema errors if it has any."""
    errors = find_schema_errors(definition)
    yield from errors
    if errors:
        return
    yield from check_whole(definition)
    for entry in entries(definition):
        yield from _check_with_engine(definition, entry)


def _check_with_engine(definition: JsonObject, entry: DefinitionEntry) -> Iterator[LintFinding]:
    findings = [*check_entry(entry), *_check_reference_system(entry)]
    yield from findings
    if not any(item.code.startswith("source.") for item in findings):
        yield from _check_tests(definition, entry)


def _check_reference_system(entry: DefinitionEntry) -> Iterator[LintFinding]:
    srs = json_object(entry.body.get("conform")).get("srs")
    if srs and not _is_crs(srs):
        pointer = child_pointer(entry.pointer, "conform", "srs")
        yield error(pointer, "source.crs", f"unknown coordinate reference system {srs}")


def _is_crs(srs: object) -> bool:
    try:
        CRS.from_user_input(srs)
    except CRSError:
        return False
    return True


def _check_tests(definition: JsonObject, entry: DefinitionEntry) -> Iterator[LintFinding]:
    try:
        run_tests(select_entry(definition, entry.layer, entry.name))
    except TaskFailure as failure:
        yield error(child_pointer(entry.pointer, "test"), failure.code, failure.message)
