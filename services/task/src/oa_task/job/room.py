"""The folder of an attempt, with the sandbox that loads its libraries while the container starts.

This module imports little: the sandbox starts before the libraries of AWS are loaded, which take as long as its own.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from oa_shared.job_kinds import JobKind
from oa_task.sandbox.parent import Sandbox


@dataclass(frozen=True, slots=True)
class AttemptRoom:
    """The folder of an attempt; `sandbox` waits for a source job, and is None if the attempt starts its own."""

    folder: Path
    sandbox: Sandbox | None = None

    @property
    def out(self) -> Path:
        """Return the folder for the outputs."""
        return self.folder / "out"


@contextmanager
def open_room(kind: str) -> Iterator[AttemptRoom]:
    """Create the folder, and start the sandbox of a source job; kill it and remove the folder on exit.

    A sandbox that does not start now starts with the work, so that the attempt reports the reason. Raises OSError.
    """
    with tempfile.TemporaryDirectory(prefix="oa-job-") as folder, ExitStack() as stack:
        room = AttemptRoom(Path(folder))
        room.out.mkdir()
        yield AttemptRoom(room.folder, _start_sandbox(room.out, stack) if kind == JobKind.SOURCE else None)


def _start_sandbox(out: Path, stack: ExitStack) -> Sandbox | None:
    try:
        return stack.enter_context(Sandbox(out))
    except OSError:
        return None
