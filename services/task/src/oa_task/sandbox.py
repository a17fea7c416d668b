"""The child process in which strangers' bytes are read: no credentials, limited memory, time, files.

The parent starts it with a fixed environment; it answers with JSON lines on its standard output: progress, and at
the end either the counts or a failure. A crash of a native library ends only the child.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from oa_task.confinement import Limits, limits_of_this_machine
from oa_task.failure import TaskFailure

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "GDAL_DATA", "PROJ_DATA", "LD_LIBRARY_PATH")
_SETTINGS = {"GDAL_HTTP_TIMEOUT": "1", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none", "OGR_ENABLED_DRIVERS": ""}
_MESSAGE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the child is to do; all but the layer and the name are paths.

    `raws` are the downloaded files in order; `previous` is the `source.geojson.gz` published before, if there is one.
    """

    definition: str
    layer: str
    name: str
    raws: tuple[str, ...]
    work: str
    out: str
    previous: str | None = None


async def run_in_sandbox(
    assignment: Assignment, progress: Callable[[int], None], limits: Limits | None = None
) -> dict[str, Any]:
    """Convert in a child process and return the counts. Raises TaskFailure."""
    given = limits or limits_of_this_machine()
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oa_task.sandboxed", json.dumps(asdict(assignment)), json.dumps(asdict(given))),
        env={**environment, **_SETTINGS, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=_MESSAGE_BYTES,
    )
    try:
        answer = await _listen(child, progress)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _result(answer, child.returncode or 0)


async def _listen(child: asyncio.subprocess.Process, progress: Callable[[int], None]) -> dict[str, Any] | None:
    last: dict[str, Any] | None = None
    if child.stdout is not None:
        async for line in child.stdout:
            said: dict[str, Any] = json.loads(line)
            if "progress" in said:
                progress(said["progress"])
            else:
                last = said
    await child.wait()
    return last


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
