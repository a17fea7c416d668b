"""Findings that need the data: columns that rules name and the data lacks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_shared.source_definition import entries, validate_definition
from oa_task.check.findings import LintFinding, error, warning
from oa_task.conform.missing_columns import missing_columns
from oa_task.definition.nearest_column import name_with_nearest
from oa_task.definition.task_entry import read_definition, select_entry
from oa_task.row_preview.preview import list_columns
from oa_task.runner.job_runner import TaskJob
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox


def check_data(path: Path, allowed_hosts: tuple[str, ...]) -> Iterator[LintFinding]:
    """Download the data of each entry without `skip`; yield its missing columns, or why it cannot be read."""
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
            existing = set(asyncio.run(list_columns(job, lambda _phase, _done, _total: None, sandbox)))
    except TaskFailure as failure:
        yield error(f"{pointer}/data", failure.code, failure.message)
        return
    for missing in missing_columns(entry, existing):
        finding = error if missing.is_needed else warning
        text = f"the data lacks {name_with_nearest(missing.column, existing)}"
        yield finding(missing.pointer, "source.columns_missing", text)
