"""The child process in which strangers' bytes are read: no credentials, limited memory, time, files.

The parent starts it with a fixed environment; it answers with JSON lines on its standard output: progress, and at
the end either the counts or a failure. A crash of a native library ends only the child.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.limits import SandboxLimits, machine_limits
from oa_task.sandbox.request import SandboxRequest

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "GDAL_DATA", "PROJ_DATA", "LD_LIBRARY_PATH")
_SETTINGS = {
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "OGR_ENABLED_DRIVERS": "",
    "POLARS_MAX_THREADS": "1",  # the stages of the pass are threads already; more of them get in each other's way
}


class Sandbox:
    """A child that loads its libraries and then waits for what it is to do: start it before it is needed.

    Leaving the block ends the child, whatever it does.
    """

    def __init__(self, limits: SandboxLimits | None = None, *, program: str = "oa_task.sandbox.child") -> None:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._child = subprocess.Popen(  # noqa: S603 - our own program
            (sys.executable, "-m", program, json.dumps(asdict(limits or machine_limits()))),
            env={**environment, **_SETTINGS, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def process_id(self) -> int:
        """Return the child's process id."""
        return self._child.pid

    async def convert(self, assignment: SandboxRequest, progress: Callable[[int], None]) -> dict[str, Any]:
        """Have the assignment done, once, and return the counts. `progress` is called from a thread.

        Raises TaskFailure.
        """
        import asyncio  # noqa: PLC0415 - a sandbox should start before anything slow is loaded

        self.say(asdict(assignment))
        self.say_no_more()
        try:
            answer = await asyncio.to_thread(self.listen, lambda said: progress(said["progress"]))
        finally:
            self.kill()
        return self.result(answer)

    def say(self, value: Any) -> None:
        """Send the child a line of JSON."""
        if self._child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # a child that died says so by its status
                self._child.stdin.write(json.dumps(value) + "\n")
                self._child.stdin.flush()

    def say_no_more(self) -> None:
        """Tell the child that nothing more comes."""
        if self._child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.close()

    def listen(self, heard: Callable[[dict[str, Any]], None]) -> dict[str, Any] | None:
        """Pass on what the child says until it has said how it ended, and return that; None if it ends without a word.

        This blocks: call it in a thread.
        """
        for line in self._child.stdout or ():
            said: dict[str, Any] = json.loads(line)
            if "report" in said or "code" in said:
                return said
            heard(said)
        self._child.wait()
        return None

    def kill(self) -> None:
        """End the child; one that ended before is not touched, and keeps its status."""
        self._child.kill()

    def result(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        """Return the report of what `listen` returned. Raises TaskFailure."""
        return _result(answer, self._child.returncode or 0)


def _result(answer: dict[str, Any] | None, status: int) -> dict[str, Any]:
    if answer is not None and "report" in answer:
        report: dict[str, Any] = answer["report"]
        return report
    if answer is not None:
        raise TaskFailure(answer["code"], answer["message"])
    if status in {-signal.SIGKILL, -signal.SIGXCPU}:
        code = "resource.timeout" if status == -signal.SIGXCPU else "resource.out_of_memory"
        raise TaskFailure(code, f"the conversion was ended by {signal.Signals(-status).name}")
    if status < 0:
        name = signal.Signals(-status).name
        raise TaskFailure("source.format", f"reading the data crashed the reader ({name}): it is damaged or hostile")
    raise TaskFailure("bug.crash", f"the conversion ended with status {status} and no answer")
