"""The inputs of a comparison: output folders of earlier runs, or definitions, which run now."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from oa_task.definition.entry_selection import choose_entry
from oa_task.results.previous_result import PreviousFolder
from oa_task.runner.job_runner import TaskJob, run_job
from oa_task.runtime.allowed_hosts import read_allowed_hosts
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.request import OPTIONAL_OUTPUTS


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """The layer and name of an entry; None matches any."""

    layer: str | None = None
    name: str | None = None


def open_input(path: Path, entry_filter: EntryFilter, work: Path, on_progress: Progress) -> PreviousFolder:
    """Return an output folder: `path`, or `work` after a run of the definition at `path`. Raises TaskFailure."""
    if path.is_file():
        work.mkdir()
        entry = choose_entry(path, entry_filter.layer, entry_filter.name)
        without = frozenset(OPTIONAL_OUTPUTS)
        job = TaskJob(path, entry.layer, entry.name, work, read_allowed_hosts(), without=without)
        asyncio.run(run_job(job, on_progress))
        path = work
    folder = PreviousFolder.read(path)
    if folder is None:
        raise TaskFailure("source.format", f"{path} is neither a definition nor the output folder of a run")
    return folder
