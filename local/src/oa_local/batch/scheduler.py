"""Starts waiting jobs when slots become free, and recovers after the server was killed."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from oa_local.batch.events import EventSender
from oa_local.batch.job import ENDED, WAITING, EmulatedJob, Ledger, now_ms
from oa_local.batch.runner import ContainerExit, ProcessRunner, kill_orphan
from oa_shared.ids import child_batch_job

log = structlog.get_logger(__name__)


class Scheduler:
    """Runs at most `slots` jobs at once, oldest first."""

    def __init__(self, ledger: Ledger, runner: ProcessRunner, events: EventSender, *, slots: int) -> None:
        self._ledger = ledger
        self._runner = runner
        self._events = events
        self._slots = slots
        self._running: set[asyncio.Task[None]] = set()
        self._waiting = [job for job in ledger.jobs.values() if job.status in WAITING and job.array_size is None]
        open_jobs = (job for job in ledger.jobs.values() if job.status not in ENDED)
        self._open_children = Counter(job.array_id for job in open_jobs if job.array_id is not None)

    def recover(self) -> None:
        """Fail the jobs that an earlier server left running, as Batch does when a host is lost."""
        for job in list(self._ledger.jobs.values()):
            if job.status not in ENDED | WAITING and job.array_size is None:
                kill_orphan(job)
                self._end(job, ContainerExit(None, f"Host EC2 (instance i-{job.id[:8]}) terminated."))
        self._start_waiting()

    def add(self, job: EmulatedJob) -> None:
        """Add a new job."""
        self._ledger.save(job)
        self._waiting.append(job)
        self._start_waiting()

    def add_array(self, array: EmulatedJob, children: Sequence[EmulatedJob]) -> None:
        """Add a new array job: its children first, so that an array that is found is whole."""
        for job in (*children, array):
            self._ledger.save(job)
        self._open_children[array.id] = len(children)
        self._waiting += children
        self._start_waiting()

    def stop(self, job: EmulatedJob, reason: str) -> None:
        """Stop a job: at once if it waits, with SIGTERM if it runs; an ended job does not change."""
        for each in self._jobs_to_run(job):
            self.cancel(each, reason)
            if each.status not in ENDED:
                each.stop_reason = reason

    def cancel(self, job: EmulatedJob, reason: str) -> None:
        """End a job that waits; one that has started does not change, as with CancelJob of AWS."""
        for each in self._jobs_to_run(job):
            if each in self._waiting:
                self._waiting.remove(each)
                each.stop_reason = reason
                self._end(each, ContainerExit(None, reason))

    def _jobs_to_run(self, job: EmulatedJob) -> list[EmulatedJob]:
        """Return the children of an array job, or the job itself."""
        if job.array_size is None:
            return [job]
        return [self._ledger.jobs[child_batch_job(job.id, index)] for index in range(job.array_size)]

    async def close(self) -> None:
        """Kill the running jobs; the next server fails them."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._slots:
            task = asyncio.create_task(self._run(self._waiting.pop(0)))
            self._running.add(task)
            task.add_done_callback(self._release_slot)

    def _release_slot(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            self._start_waiting()

    async def _run(self, job: EmulatedJob) -> None:
        job.status = "STARTING"
        self._ledger.save(job)
        self._end(job, await self._runner.run(job, self._record_start))

    def _record_start(self, job: EmulatedJob) -> None:
        job.status, job.started_at = "RUNNING", now_ms()
        self._ledger.save(job)
        self._events.enqueue(job)

    def _end(self, job: EmulatedJob, exit_: ContainerExit) -> None:
        """End a job; one that was stopped fails for that reason, even if its container had just ended."""
        job.status = "SUCCEEDED" if exit_.exit_code == 0 and job.stop_reason is None else "FAILED"
        job.exit_code, job.reason = exit_.exit_code, job.stop_reason or exit_.reason
        job.container_reason, job.stopped_at = exit_.container_reason, now_ms()
        self._ledger.save(job)
        self._events.enqueue(job)
        log.info("batch_job_ended", batch_job=job.id, name=job.name, status=job.status, reason=job.reason)
        if job.array_id is not None:
            self._end_child(job.array_id)

    def _end_child(self, array_id: str) -> None:
        """End an array job with its last child; it fails if one of them did."""
        self._open_children[array_id] -= 1
        array = self._ledger.jobs.get(array_id)
        if array is None or self._open_children[array_id]:
            return
        children = (self._ledger.jobs[child_batch_job(array_id, index)] for index in range(array.array_size or 0))
        has_failed = any(child.status == "FAILED" for child in children)
        array.status, array.stopped_at = "FAILED" if has_failed else "SUCCEEDED", now_ms()
        array.reason = "Array Child Job failed" if has_failed else None
        self._ledger.save(array)
        self._events.enqueue(array)
