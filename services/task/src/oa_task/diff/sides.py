"""What is compared: the folder of an earlier run, or a definition, which is run now."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from oa_task.choice import chosen_entry
from oa_task.failure import TaskFailure
from oa_task.hosts import allowed_hosts
from oa_task.previous import PreviousFolder
from oa_task.progress import Progress
from oa_task.sandbox import OPTIONAL_OUTPUTS
from oa_task.work import Job, run_work


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entry of a definition is meant; None where it has only one."""

    layer: str | None = None
    name: str | None = None


def opened(side: Path, choice: Choice, work: Path, progress: Progress) -> PreviousFolder:
    """Return a folder of outputs: the one given, or one below `work` into which the definition is run.

    Raises TaskFailure.
    """
    if side.is_file():
        work.mkdir()
        entry = chosen_entry(side, choice.layer, choice.name)
        job = Job(side, entry.layer, entry.name, work, allowed_hosts(), without=frozenset(OPTIONAL_OUTPUTS))
        asyncio.run(run_work(job, progress))
        side = work
    folder = PreviousFolder.read(side)
    if folder is None:
        raise TaskFailure("source.format", f"{side} is neither a definition nor the folder of an earlier run")
    return folder
