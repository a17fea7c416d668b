"""Remarks that need the data itself: columns that rules name and it does not have."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oa_shared.source_definition import entries, validate_definition
from oa_task.check.findings import Finding, error, warning
from oa_task.conform.presence import missing_columns, with_nearest
from oa_task.definition import read_definition, select_entry
from oa_task.examples import columns
from oa_task.failure import TaskFailure
from oa_task.sandbox import Sandbox
from oa_task.work import Job


def check_data(path: Path, allowed_hosts: tuple[str, ...]) -> Iterator[Finding]:
    """Fetch the data of each entry that is not skipped and yield what its rules miss, or why it cannot be had."""
    try:
        definition = read_definition(path)
    except TaskFailure:
        return  # what breaks the schema has been told
    if validate_definition(definition):
        return
    for entry in entries(definition):
        if not entry.body.get("skip"):
            job = Job(path, entry.layer, entry.name, Path(), allowed_hosts)
            yield from _check_entry(definition, job, entry.pointer)


def _check_entry(definition: dict[str, Any], job: Job, pointer: str) -> Iterator[Finding]:
    try:
        entry = select_entry(definition, job.layer, job.name)
        with Sandbox() as sandbox:
            there = set(asyncio.run(columns(job, lambda _phase, _done, _total: None, sandbox)))
    except TaskFailure as failure:
        yield error(f"{pointer}/data", failure.code, failure.message)
        return
    for missing in missing_columns(entry, there):
        tell = error if missing.is_needed else warning
        yield tell(missing.pointer, "source.columns_missing", f"the data lacks {with_nearest(missing.column, there)}")
