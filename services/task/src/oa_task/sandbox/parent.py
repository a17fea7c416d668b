"""The parent's side of the sandbox: a child process that reads untrusted data.

The child has no credentials and no network, and limited memory, time and files. The parent starts it with a fixed
environment. The child answers with JSON lines on its standard output: progress, and at the end the counts or a failure.
A crash of a native library ends only the child.
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
from typing import Self

from oa_shared.json_types import JsonObject
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.limits import SandboxLimits, machine_limits
from oa_task.sandbox.request import SandboxRequest

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "GDAL_DATA", "PROJ_DATA", "LD_LIBRARY_PATH")
_SETTINGS = {
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "OGR_ENABLED_DRIVERS": "",
    "POLARS_MAX_THREADS": "1",  # the stages of the pass are threads already; more threads compete with them
}


class Sandbox:
    """A child that loads its libraries and then waits for a request, so it can start before it is needed.

    Leaving the block kills the child.
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

    async def convert(self, request: SandboxRequest, on_progress: Callable[[int], None]) -> JsonObject:
        """Return the report of the request; a sandbox serves one. `on_progress` is called from a thread.

        Raises TaskFailure.
        """
        import asyncio  # noqa: PLC0415 - the child starts before slow imports

        def on_message(message: JsonObject) -> None:
            count = message["progress"]
            if isinstance(count, int):
                on_progress(count)

        self.send(asdict(request))
        self.close_input()
        try:
            outcome = await asyncio.to_thread(self.receive, on_message)
        finally:
            self.kill()
        return self.result(outcome)

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

        This blocks: call it in a thread.
        """
        for line in self._child.stdout or ():
            message: JsonObject = json.loads(line)
            if "report" in message or "code" in message:
                return message
            on_message(message)
        self._child.wait()
        return None

    def kill(self) -> None:
        """Kill the child; a child that has ended keeps its status."""
        self._child.kill()

    def result(self, outcome: JsonObject | None) -> JsonObject:
        """Return the report of an outcome of `receive`. Raises TaskFailure."""
        if outcome is None:
            raise _failure_of_status(self._child.returncode or 0)
        report = outcome.get("report")
        if isinstance(report, dict):
            return report
        raise TaskFailure(str(outcome["code"]), str(outcome["message"]))


def _failure_of_status(status: int) -> TaskFailure:
    if status in {-signal.SIGKILL, -signal.SIGXCPU}:
        code = "resource.timeout" if status == -signal.SIGXCPU else "resource.out_of_memory"
        return TaskFailure(code, f"the conversion was ended by {signal.Signals(-status).name}")
    if status < 0:
        name = signal.Signals(-status).name
        return TaskFailure("source.format", f"the data crashed its reader ({name}): it is damaged or hostile")
    return TaskFailure("bug.crash", f"the conversion ended with status {status} and without an outcome")
