"""The scheduler of the Batch emulation."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from oa_local.batch.events import EventSender
from oa_local.batch.job import EmulatedJob, Ledger
from oa_local.batch.runner import ContainerExit, ProcessRunner
from oa_local.batch.scheduler import Scheduler

_BY_ITSELF = "Essential container in task exited"


class _Runner(ProcessRunner):
    """Starts no process: each container is asked to stop, and ends by itself before the signal reaches it."""

    def __init__(self, folder: Path, exit_code: int, stop_reason: str | None) -> None:
        super().__init__(folder)
        self._exit_code, self._stop_reason = exit_code, stop_reason
        self.scheduler: Scheduler | None = None

    async def run(self, job: EmulatedJob, started: Callable[[EmulatedJob], None]) -> ContainerExit:
        started(job)
        if self._stop_reason and self.scheduler is not None:
            self.scheduler.stop(job, self._stop_reason)
        return ContainerExit(self._exit_code, _BY_ITSELF)


@pytest.mark.parametrize(
    ("exit_code", "stop_reason", "status", "reason"),
    [
        (0, None, "SUCCEEDED", _BY_ITSELF),
        (1, None, "FAILED", _BY_ITSELF),
        (0, "oa: canceled", "FAILED", "oa: canceled"),
        (1, "oa: canceled", "FAILED", "oa: canceled"),
    ],
)
async def test_a_stopped_job_fails_for_that_reason_however_its_container_ends(
    tmp_path: Path, exit_code: int, stop_reason: str | None, status: str, reason: str
) -> None:
    ledger, runner = Ledger(tmp_path), _Runner(tmp_path, exit_code, stop_reason)
    runner.scheduler = Scheduler(ledger, runner, EventSender(None, {}), slots=1)
    job = EmulatedJob("name", "queue", "definition", ["true"], {}, memory_mib=1024, timeout_s=None)
    runner.scheduler.add(job)
    await asyncio.sleep(0)
    assert (job.status, job.reason, job.exit_code) == (status, reason, exit_code)
