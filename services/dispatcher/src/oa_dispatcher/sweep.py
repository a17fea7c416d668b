"""Holding Batch against the database: what ended without a word, what is lost, what was cancelled (DESIGN 4.5)."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from oa_dispatcher.api_client import ApiClient
from oa_dispatcher.settings import Settings
from oa_shared.batch import MAX_DESCRIBE, BatchJob, BatchRefusedError, BatchService
from oa_shared.errors import OaError
from oa_shared.ids import batch_job_name
from oa_shared.messages import LOST, BatchEvent, dump
from oa_shared.queue import MAX_BATCH, OutgoingMessage, Queue, QueueUnavailableError
from oa_shared.status import JobStatus

log = structlog.get_logger()
_OVERDUE_GRACE_S = 300
_CANCELLED_FOR_S = 3600
_OLDEST_S = 49 * 3600

Row = dict[str, Any]


class Sweep:
    """One pass over all jobs that Batch should know. `worked_at` is the monotonic time of the last whole pass."""

    def __init__(self, settings: Settings, *, api: ApiClient, batch: BatchService, results: Queue) -> None:
        self._settings = settings
        self._api = api
        self._batch = batch
        self._results = results
        self.worked_at: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop` is set; a neighbour that is away is waited for."""
        while not stop.is_set():
            try:
                await self.once(stop)
                self.worked_at = time.monotonic()
            except OaError as error:
                log.warning("sweep_waits", error=error.detail)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.sweep_every_s)

    async def once(self, stop: asyncio.Event | None = None) -> None:
        """Look at every submitted and running job, and at the cancelled ones that may still run, page by page."""
        swept = 0
        async for page in self._api.pages(JobStatus.SUBMITTED, JobStatus.RUNNING):
            if stop and stop.is_set():
                return
            await self._hold_against_batch(page)
            swept += len(page)
        oldest = datetime.now(UTC) - timedelta(seconds=_OLDEST_S)
        async for page in self._api.pages(JobStatus.CANCELLED, created_after=oldest):
            if stop and stop.is_set():
                return
            await self._end_cancelled(page)
        log.info("batch_swept", jobs=swept)

    async def _hold_against_batch(self, jobs: list[Row]) -> None:
        known = await self._known(jobs)
        events = []
        for job in jobs:
            found = known.get(job["id"])
            if found is not None and found.ended:
                events.append(self._event(job, found.status, found))
            elif found is None and _age_s(job["updated_at"]) > self._settings.lost_after_s:
                events.append(self._event(job, LOST))
            elif found is not None and (reason := self._why_overdue(found)):
                await self._terminate(found, reason)
        await self._tell(events)

    async def _known(self, jobs: list[Row]) -> dict[int, BatchJob]:
        """Return what Batch knows of these jobs, by our ids; at most one call for those whose Batch id is known."""
        ids = [job["batch_job"] for job in jobs if job["batch_job"]]
        described = {found.id: found for found in await self._batch.describe(ids[:MAX_DESCRIBE])} if ids else {}
        known = {job["id"]: described[job["batch_job"]] for job in jobs if job["batch_job"] in described}
        for job in jobs:
            if job["batch_job"] is None and (named := await self._find(job)) is not None:
                known[job["id"]] = named
        return known

    async def _find(self, job: Row) -> BatchJob | None:
        """Look for the container whose report overtook the dispatcher that was killed before it could tell its id."""
        return await self._batch.find_by_name(self._settings.batch_queues[job["lane"]], self._name(job))

    def _why_overdue(self, found: BatchJob) -> str | None:
        now, settings = time.time(), self._settings
        if found.started_at is not None and now - found.started_at > settings.job_timeout_s + _OVERDUE_GRACE_S:
            return "oa: past its time limit"
        if found.created_at is not None and now - found.created_at > settings.job_deadline_s:
            return "oa: past its deadline"
        return None

    async def _end_cancelled(self, jobs: list[Row]) -> None:
        ids = [job["batch_job"] for job in jobs if job["batch_job"] and _age_s(job["updated_at"]) < _CANCELLED_FOR_S]
        for found in await self._batch.describe(ids) if ids else []:
            if not found.ended:
                await self._terminate(found, "oa: cancelled")

    async def _terminate(self, found: BatchJob, reason: str) -> None:
        """End a container; one that Batch refuses to end must not keep the others from being looked at."""
        try:
            await self._batch.terminate(found.id, reason)
            log.info("batch_job_terminated", batch_job=found.id, reason=reason)
        except BatchRefusedError as error:
            log.error("terminate_refused", batch_job=found.id, error=error.detail)  # noqa: TRY400 - the detail says it

    def _event(self, job: Row, status: str, found: BatchJob | None = None) -> BatchEvent:
        return BatchEvent(
            batch_job=job["batch_job"] or (found.id if found else ""),
            job_name=self._name(job),
            status=status,
            at=datetime.now(UTC),
            exit_code=found.exit_code if found else None,
            reason=found.reason if found else None,
        )

    def _name(self, job: Row) -> str:
        return batch_job_name(self._settings.stack, job["id"], job["attempt"], job["token"])

    async def _tell(self, events: list[BatchEvent]) -> None:
        """Send events ten a call; what the queue does not take is found again by the next pass."""
        for start in range(0, len(events), MAX_BATCH):
            messages = [OutgoingMessage(dump(event)) for event in events[start : start + MAX_BATCH]]
            accepted = await self._results.send_batch(messages)
            if not all(accepted):
                raise QueueUnavailableError(f"{accepted.count(False)} of {len(accepted)} events were not taken")


def _age_s(at: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
