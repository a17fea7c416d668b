"""Runs the command of a job as a process with a memory limit and a time limit."""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from oa_local.batch.job import EmulatedJob

KILLED = 137
_CHECK_EVERY_S = 0.25
_GRACE_S = 30.0
_EXITED = "Essential container in task exited"
_OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
_TIMED_OUT = "Job attempt duration exceeded timeout"


@dataclass(frozen=True, slots=True)
class ContainerExit:
    """How a container ended; `reason` is the statusReason of the job, `container_reason` that of the container."""

    exit_code: int | None
    reason: str
    container_reason: str | None = None


def memory_of(pid: int) -> int:
    """Return the resident bytes of a process and its descendants; 0 if it has ended."""
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in family:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_info().rss
    return total


def kill_group(group: int, name: int = signal.SIGKILL) -> None:
    """Signal a process group; it is not an error if the group has ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, name)


def kill_orphan(job: EmulatedJob) -> None:
    """Kill the processes that a job of an earlier server left, if the process group still belongs to the job."""
    if job.group is None:
        return
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        if psutil.Process(job.group).environ().get("AWS_BATCH_JOB_ID") == job.id:
            kill_group(job.group)


class ProcessRunner:
    """Runs each job in its own folder below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def run(self, job: EmulatedJob, started: Callable[[EmulatedJob], None]) -> ContainerExit:
        """Run a job to its end; `started` is called when its process exists."""
        work = self._folder / "work" / _file_name(job)
        work.mkdir(parents=True, exist_ok=True)
        try:
            process = await self._start(job, work)
        except OSError as error:
            return ContainerExit(None, f"CannotStartContainerError: {error}")
        job.group = process.pid
        started(job)
        try:
            return await _wait_for_end(job, process)
        finally:
            kill_group(process.pid)
            shutil.rmtree(work, ignore_errors=True)

    async def _start(self, job: EmulatedJob, work: Path) -> asyncio.subprocess.Process:
        environ = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '/usr/bin:/bin')}",
            "TMPDIR": str(work),
            "AWS_BATCH_JOB_ID": job.id,
            "AWS_BATCH_JOB_ATTEMPT": "1",
            **job.environment,
        }
        logs = self._folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        supervised = [sys.executable, "-m", "oa_local.supervised_exec", "--parent", str(os.getpid()), "--"]
        with (logs / f"{_file_name(job)}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(supervised + job.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=work,
                env=environ,
                start_new_session=True,
            )


def _file_name(job: EmulatedJob) -> str:
    """Return a name for the folder of a job; programs split lists of folders at colons, which the id of a child has."""
    return job.id.replace(":", "-")


async def _wait_for_end(job: EmulatedJob, process: asyncio.subprocess.Process) -> ContainerExit:
    ended = asyncio.ensure_future(process.wait())
    deadline = time.monotonic() + job.timeout_s if job.timeout_s else float("inf")
    while not ended.done():
        await asyncio.wait({ended}, timeout=_CHECK_EVERY_S)
        if ended.done():
            break
        if memory_of(process.pid) > job.memory_mib * 1024 * 1024:
            kill_group(process.pid)
            await ended
            return ContainerExit(KILLED, _EXITED, _OUT_OF_MEMORY)
        if job.stop_reason is not None:
            return ContainerExit(await _stop(process, ended), job.stop_reason)
        if time.monotonic() > deadline:
            return ContainerExit(await _stop(process, ended), _TIMED_OUT)
    return ContainerExit(exit_code(ended.result()), _EXITED)


async def _stop(process: asyncio.subprocess.Process, ended: "asyncio.Future[int]") -> int:
    kill_group(process.pid, signal.SIGTERM)
    await asyncio.wait({ended}, timeout=_GRACE_S)
    kill_group(process.pid)
    return exit_code(await ended)


def exit_code(return_code: int) -> int:
    """Return the exit code of a container: 128 + N for a process killed by signal N."""
    return return_code if return_code >= 0 else 128 - return_code
