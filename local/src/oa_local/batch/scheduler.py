"""Starts waiting jobs as places become free, and cleans up after a server that was killed."""

import asyncio

import structlog

from oa_local.batch.events import Events
from oa_local.batch.job import ENDED, WAITING, Job, Ledger, now_ms
from oa_local.batch.runner import Ending, Runner, kill_orphan

log = structlog.get_logger(__name__)


class Scheduler:
    """At most `places` jobs run at once, the oldest first."""

    def __init__(self, ledger: Ledger, runner: Runner, events: Events, *, places: int) -> None:
        self._ledger = ledger
        self._runner = runner
        self._events = events
        self._places = places
        self._running: set[asyncio.Task[None]] = set()
        self._waiting = [job for job in ledger.jobs.values() if job.status in WAITING]

    def recover(self) -> None:
        """End what an earlier server left running, as Batch does when a machine is lost."""
        for job in list(self._ledger.jobs.values()):
            if job.status not in ENDED | WAITING:
                kill_orphan(job)
                self._end(job, Ending(None, f"Host EC2 (instance i-{job.id[:8]}) terminated."))
        self._start_waiting()

    def add(self, job: Job) -> None:
        """Take a new job."""
        self._ledger.save(job)
        self._waiting.append(job)
        self._start_waiting()

    def stop(self, job: Job, reason: str) -> None:
        """End a job: at once if it waits, politely if it runs; one that has ended is left alone."""
        if job.status in ENDED:
            return
        job.stop_reason = reason
        if job in self._waiting:
            self._waiting.remove(job)
            self._end(job, Ending(None, reason))

    async def close(self) -> None:
        """Kill what runs; the next server will tell of it."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._places:
            task = asyncio.create_task(self._run(self._waiting.pop(0)))
            self._running.add(task)
            task.add_done_callback(self._free)

    def _free(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            self._start_waiting()

    async def _run(self, job: Job) -> None:
        job.status = "STARTING"
        self._ledger.save(job)
        self._end(job, await self._runner.run(job, self._began))

    def _began(self, job: Job) -> None:
        job.status, job.started_at = "RUNNING", now_ms()
        self._ledger.save(job)
        self._events.tell(job)

    def _end(self, job: Job, ending: Ending) -> None:
        job.status = "SUCCEEDED" if ending.exit_code == 0 and job.stop_reason is None else "FAILED"
        job.exit_code, job.reason = ending.exit_code, ending.reason
        job.container_reason, job.stopped_at = ending.container_reason, now_ms()
        self._ledger.save(job)
        self._events.tell(job)
        log.info("batch_job_ended", batch_job=job.id, name=job.name, status=job.status, reason=job.reason)
