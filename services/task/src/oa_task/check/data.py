"""Findings that need the data: columns that rules name and the data lacks, and the place of the data."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from oa_shared.definition_check.findings import LintFinding, error, warning
from oa_shared.json_types import JsonObject
from oa_shared.placement import PlacementProblem
from oa_shared.source_definition import entries, validate_definition
from oa_task.conform.missing_columns import missing_columns
from oa_task.definition.nearest_column import name_with_nearest
from oa_task.definition.task_entry import read_definition, select_entry
from oa_task.row_preview.preview import read_facts
from oa_task.runner.job_runner import TaskJob
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox


def check_data(path: Path, allowed_hosts: tuple[str, ...]) -> Iterator[LintFinding]:
    """Download the data of each entry without `skip`; yield its missing columns and the problems of its place.

    Yields why the data cannot be read instead, if it cannot.
    """
    try:
        definition = read_definition(path)
    except TaskFailure:
        return  # the check of the definition has reported its schema errors
    if validate_definition(definition):
        return
    for entry in entries(definition):
        if not entry.body.get("skip"):
            job = TaskJob(path, entry.layer, entry.name, Path(), allowed_hosts)
            yield from _check_entry(definition, job, entry.pointer)


def _check_entry(definition: JsonObject, job: TaskJob, pointer: str) -> Iterator[LintFinding]:
    try:
        entry = select_entry(definition, job.layer, job.name)
        with Sandbox() as sandbox:
            facts = asyncio.run(read_facts(job, lambda _phase, _done, _total: None, sandbox))
    except TaskFailure as failure:
        yield error(f"{pointer}/data", failure.code, failure.message)
        return
    for missing in missing_columns(entry, set(facts.columns)):
        finding = error if missing.is_needed else warning
        text = f"the data lacks {name_with_nearest(missing.column, set(facts.columns))}"
        yield finding(missing.pointer, "source.columns_missing", text)
    yield from (_placement_finding(problem, pointer) for problem in facts.problems)


def _placement_finding(problem: PlacementProblem, pointer: str) -> LintFinding:
    """Return an error where a job fails, a warning where its result needs review."""
    if code := problem.code.failure_code:
        return error(f"{pointer}/conform", code, problem.message)
    return warning(f"{pointer}/conform", str(problem.code), problem.message)
