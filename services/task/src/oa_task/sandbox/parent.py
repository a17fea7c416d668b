"""The parent's side of the sandbox: a child process that reads untrusted data.

The child has no credentials and no network, limited memory and time, and no files but those of its folders and
installed code. The parent starts it with a fixed environment. The child answers with JSON lines on its standard output:
progress, and at the end the counts or a failure. The parent trusts none of it: `oa_task.sandbox.messages` checks the
form, `oa_task.runner.accepted_files` the files. A crash of a native library ends only the child.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from oa_shared.json_types import JsonObject
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.landlock import SandboxFolders
from oa_task.sandbox.limits import SandboxLimits, machine_limits
from oa_task.sandbox.messages import MAX_LINE, check_report, parse_message, read_failure
from oa_task.sandbox.request import SandboxRequest

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "GDAL_DATA", "PROJ_DATA", "LD_LIBRARY_PATH")
SETTINGS = {
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "OGR_ENABLED_DRIVERS": "",
    "POLARS_MAX_THREADS": "1",  # the stages of the pass are threads already; more threads compete with them
    "OPENBLAS_NUM_THREADS": "1",  # NumPy starts threads that wait in a busy loop; nothing multiplies large matrices
}


class Sandbox:
    """A child that loads its libraries and then waits for a request, so it can start before it is needed.

    It reads `room` and the paths in `readable`, and changes `work` and `out` only: what it must read, the parent puts
    into `room`. `out` is a new folder inside the argument `out`, so that its files can be renamed there. Leaving the
    block kills the child and removes the folders.
    """

    def __init__(
        self,
        out: Path | None = None,
        *,
        limits: SandboxLimits | None = None,
        program: str = "oa_task.sandbox.child",
        readable: Sequence[Path] = (),
    ) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="oa-task-"))
        self.work = self.room / "work"
        self.work.mkdir()
        self.out = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out or self.room)).absolute()
        folders = SandboxFolders(
            readable=(str(self.room), *(str(path.absolute()) for path in readable)),
            writable=(str(self.work), str(self.out)),
        )
        confinement = {"limits": asdict(limits or machine_limits()), "folders": asdict(folders)}
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        with _without_interrupts():
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                # -P: no module comes from the current folder.
                (sys.executable, "-P", "-m", program, json.dumps(confinement)),
                env={**environment, **SETTINGS, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(self.work)},
                cwd=self.work,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        for folder in (self.room, self.out):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def process_id(self) -> int:
        """Return the child's process id."""
        return self._child.pid

    async def convert(self, request: SandboxRequest, on_progress: Callable[[int], None]) -> JsonObject:
        """Return the checked report of the request; a sandbox serves one. `on_progress` is called from a thread.

        Raises TaskFailure.
        """
        import asyncio  # noqa: PLC0415 - the child starts before slow imports

        def on_message(message: JsonObject) -> None:
            count = message.get("progress")
            if isinstance(count, int):
                on_progress(count)

        self.send(asdict(request))
        self.close_input()
        # Loading the schemas takes as long as the child needs for a small file.
        from oa_task.sandbox.report_schemas import choose_schema  # noqa: PLC0415 - see the line above

        try:
            outcome = await asyncio.to_thread(self.receive, on_message)
        finally:
            self.kill()
        return check_report(self.result(outcome), choose_schema(request))

    def send(self, value: object) -> None:
        """Send the child a line of JSON."""
        if self._child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # `result` reports the status of a dead child
                self._child.stdin.write(json.dumps(value) + "\n")
                self._child.stdin.flush()

    def close_input(self) -> None:
        """Close the child's standard input."""
        if self._child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.close()

    def receive(self, on_message: Callable[[JsonObject], None]) -> JsonObject | None:
        """Pass each message of the child to `on_message`; return the outcome, None if the child ends without one.

        This blocks: call it in a thread. Raises TaskFailure for a line that is not a message.
        """
        output = self._child.stdout
        while output is not None and (line := output.readline(MAX_LINE)):
            message = parse_message(line)
            if "report" in message or "code" in message:
                return message
            on_message(message)
        self._child.wait()
        return None

    def kill(self) -> None:
        """Kill the child; a child that has ended keeps its status."""
        self._child.kill()

    def result(self, outcome: JsonObject | None) -> JsonObject:
        """Return the report of an outcome of `receive`, whose values nothing has checked. Raises TaskFailure."""
        if outcome is None:
            raise _failure_of_status(self._child.returncode or 0)
        report = outcome.get("report")
        if isinstance(report, dict):
            return report
        raise read_failure(outcome)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Block SIGINT for the processes that the block starts: Ctrl-C reaches the whole group, and their parent ends them.

    A process inherits what is blocked, so that its interpreter prints no traceback even while it starts.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _failure_of_status(status: int) -> TaskFailure:
    if status in {-signal.SIGKILL, -signal.SIGXCPU}:
        code = "resource.timeout" if status == -signal.SIGXCPU else "resource.out_of_memory"
        return TaskFailure(code, f"the conversion was ended by {signal.Signals(-status).name}")
    if status < 0:
        name = signal.Signals(-status).name
        return TaskFailure("source.format", f"the data crashed its reader ({name}): it is damaged or hostile")
    return TaskFailure("bug.crash", f"the conversion ended with status {status} and without an outcome")
