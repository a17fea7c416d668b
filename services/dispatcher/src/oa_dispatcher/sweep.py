"""The sweep compares Batch with the database: unreported ends, lost jobs and canceled jobs (docs/architecture.md)."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from oa_dispatcher.api_client import ApiClient, CurrentJob
from oa_dispatcher.settings import DispatcherSettings
from oa_shared.batch import MAX_DESCRIBE, BatchJob, BatchRefusedError, BatchService, StopReason
from oa_shared.carriers import clean_text
from oa_shared.errors import OaError
from oa_shared.ids import batch_job_name
from oa_shared.messages import LOST, BatchEvent, dump
from oa_shared.queue import MAX_BATCH, OutgoingMessage, Queue, QueueUnavailableError
from oa_shared.status import JobStatus
from oa_shared.supervision import next_round, record_progress, record_waiting
from oa_shared.waiting import sleep_unless

log = structlog.get_logger()
_OVERDUE_GRACE_S = 300
_CANCELED_FOR_S = 3600
_OLDEST_S = 49 * 3600
_LATE_SWEEPS, _LATE_S = 3, 60
_MAX_REASON_BYTES = 2000


class BatchSweep:
    """Compares all jobs with Batch; `completed_at` is the monotonic time at which a sweep last completed."""

    def __init__(self, settings: DispatcherSettings, *, api: ApiClient, batch: BatchService, results: Queue) -> None:
        self._settings = settings
        self._api = api
        self._batch = batch
        self._results = results
        self.completed_at: float | None = None
        self._opened_at = time.monotonic()
        self._not_accepted = 0

    @property
    def age_s(self) -> float:
        """Return the seconds since a sweep last completed, or since the start before the first one."""
        return time.monotonic() - (self.completed_at or self._opened_at)

    @property
    def problem(self) -> str:
        """Return what is wrong with the sweep, empty if nothing is."""
        is_late = self.age_s >= _LATE_SWEEPS * self._settings.sweep_every_s + _LATE_S
        return f"has not completed for {self.age_s:.0f} s" if is_late else ""

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep at intervals until `stop` is set; an unavailable dependency only delays it."""
        while not stop.is_set():
            await next_round()
            try:
                await self.once(stop)
                self.completed_at = time.monotonic()
                record_progress()
            except OaError as error:
                log.warning("sweep_waiting", error=error.detail)
                record_waiting(error.detail)
            await sleep_unless(stop, self._settings.sweep_every_s)

    async def once(self, stop: asyncio.Event | None = None) -> None:
        """Compare every submitted and running job with Batch, and end the containers of canceled jobs.

        Raises QueueUnavailableError at the end, when the queue did not accept some of the events.
        """
        swept, self._not_accepted = 0, 0
        async for page in self._api.pages(JobStatus.SUBMITTED, JobStatus.RUNNING):
            if stop and stop.is_set():
                return
            await self._compare(page)
            record_progress()
            swept += len(page)
        oldest = datetime.now(UTC) - timedelta(seconds=_OLDEST_S)
        async for page in self._api.pages(JobStatus.CANCELED, created_after=oldest):
            if stop and stop.is_set():
                return
            await self._end_canceled(page)
        if self._not_accepted:
            raise QueueUnavailableError(f"{self._not_accepted} events were not accepted")
        log.info("batch_swept", jobs=swept)

    async def _compare(self, jobs: Sequence[CurrentJob]) -> None:
        containers = await self._containers(jobs)
        events = []
        for job in jobs:
            container = containers.get(job.id)
            if container is not None and container.ended:
                events.append(self._event(job, container.status, container))
            elif container is None and self._is_lost(job):
                events.append(self._event(job, LOST))
            elif container is not None and (reason := self._overdue_reason(container)):
                await self._terminate(container, reason)
        await self._send(events)

    async def _containers(self, jobs: Sequence[CurrentJob]) -> dict[int, BatchJob]:
        """Return the containers of these jobs by job id, with one DescribeJobs call for all known Batch ids."""
        ids = [job.batch_job for job in jobs if job.batch_job]
        described = {found.id: found for found in await self._batch.describe(ids[:MAX_DESCRIBE])} if ids else {}
        containers = {job.id: described[job.batch_job] for job in jobs if job.batch_job in described}
        for job in jobs:
            if job.batch_job is None and (named := await self._find(job)) is not None:
                containers[job.id] = named
        return containers

    async def _find(self, job: CurrentJob) -> BatchJob | None:
        """Return the container of a job whose dispatcher was killed before it reported the Batch id."""
        queue = self._settings.queue_of(job.lane, job.tier)
        return None if queue is None else await self._batch.find_by_name(queue, self._name(job))

    def _is_lost(self, job: CurrentJob) -> bool:
        """Return whether a job without a container is lost; without its queue nothing is known about a container."""
        if self._settings.queue_of(job.lane, job.tier) is None:
            log.error("batch_queue_missing", job_id=job.id, lane=job.lane, tier=job.tier)
            return False
        return _age_s(job.updated_at) > self._settings.lost_after_s

    def _overdue_reason(self, container: BatchJob) -> StopReason | None:
        now, settings = time.time(), self._settings
        if container.started_at is not None and now - container.started_at > settings.job_timeout_s + _OVERDUE_GRACE_S:
            return StopReason.TIME_LIMIT
        if container.created_at is not None and now - container.created_at > settings.job_deadline_s:
            return StopReason.DEADLINE
        return None

    async def _end_canceled(self, jobs: Sequence[CurrentJob]) -> None:
        ids = [job.batch_job for job in jobs if job.batch_job and _age_s(job.updated_at) < _CANCELED_FOR_S]
        for container in await self._batch.describe(ids) if ids else []:
            if not container.ended:
                await self._terminate(container, StopReason.CANCELED)

    async def _terminate(self, container: BatchJob, reason: StopReason) -> None:
        """End a container; if Batch refuses, the sweep continues with the other jobs."""
        try:
            await self._batch.terminate(container.id, reason)
            log.info("batch_job_terminated", batch_job=container.id, reason=reason)
        except BatchRefusedError as error:
            log.error("terminate_refused", batch_job=container.id, error=error.detail)  # noqa: TRY400 - the detail is enough

    def _event(self, job: CurrentJob, status: str, container: BatchJob | None = None) -> BatchEvent:
        return BatchEvent(
            batch_job=job.batch_job or (container.id if container else ""),
            job_name=self._name(job),
            status=status,
            at=datetime.now(UTC),
            exit_code=container.exit_code if container else None,
            reason=clean_text(container.reason, max_bytes=_MAX_REASON_BYTES)
            if container and container.reason
            else None,
        )

    def _name(self, job: CurrentJob) -> str:
        return batch_job_name(self._settings.stack, job.id, job.attempt, job.token)

    async def _send(self, events: Sequence[BatchEvent]) -> None:
        """Send events in batches of ten; the next sweep finds the events again that the queue does not accept."""
        for start in range(0, len(events), MAX_BATCH):
            messages = [OutgoingMessage(dump(event)) for event in events[start : start + MAX_BATCH]]
            accepted = await self._results.send_batch(messages)
            if not all(accepted):
                self._not_accepted += accepted.count(False)


def _age_s(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()
