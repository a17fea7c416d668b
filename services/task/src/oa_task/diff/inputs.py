"""What is compared: the folder of an earlier run, or a definition, which is run now."""

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
    """Which entry of a definition is meant; None where it has only one."""

    layer: str | None = None
    name: str | None = None


def open_input(side: Path, choice: EntryFilter, work: Path, progress: Progress) -> PreviousFolder:
    """Return a folder of outputs: the one given, or one below `work` into which the definition is run.

    Raises TaskFailure.
    """
    if side.is_file():
        work.mkdir()
        entry = choose_entry(side, choice.layer, choice.name)
        job = TaskJob(side, entry.layer, entry.name, work, read_allowed_hosts(), without=frozenset(OPTIONAL_OUTPUTS))
        asyncio.run(run_job(job, progress))
        side = work
    folder = PreviousFolder.read(side)
    if folder is None:
        raise TaskFailure("source.format", f"{side} is neither a definition nor the folder of an earlier run")
    return folder
