"""Holding Batch against the database: what ended without a word, what is lost, what was cancelled (DESIGN 4.5)."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog

from oa_dispatcher.api_client import ApiClient
from oa_dispatcher.settings import Settings
from oa_shared.batch import MAX_DESCRIBE, BatchJob, BatchService
from oa_shared.errors import OaError
from oa_shared.ids import batch_job_name
from oa_shared.messages import LOST, BatchEvent, dump
from oa_shared.queue import OutgoingMessage, Queue
from oa_shared.status import JobStatus

log = structlog.get_logger()
_CANCELLED_LOOKED_AT = 200


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
                await self.once()
                self.worked_at = time.monotonic()
            except OaError as error:
                log.warning("sweep_waits", error=error.detail)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.sweep_every_s)

    async def once(self) -> None:
        """Look at every submitted and running job, and at the cancelled ones that may still run."""
        submitted = [job async for job in self._api.jobs(JobStatus.SUBMITTED, JobStatus.RUNNING)]
        for start in range(0, len(submitted), MAX_DESCRIBE):
            await self._hold_against_batch(submitted[start : start + MAX_DESCRIBE])
        await self._end_cancelled()
        log.info("batch_swept", jobs=len(submitted))

    async def _hold_against_batch(self, jobs: list[dict[str, Any]]) -> None:
        ids = [job["batch_job"] for job in jobs if job["batch_job"]]
        known = {found.id: found for found in await self._batch.describe(ids)} if ids else {}
        for job in jobs:
            found = known.get(job["batch_job"])
            if found is not None and found.ended:
                await self._tell(job, found.status, found=found)
            elif found is None and _age_s(job["updated_at"]) > self._settings.lost_after_s:
                await self._tell(job, LOST)
            elif found is not None and self._is_overdue(found):
                await self._batch.terminate(found.id, "oa: past its time limit")

    def _is_overdue(self, found: BatchJob) -> bool:
        grace_s = 300
        return found.started_at is not None and time.time() - found.started_at > self._settings.job_timeout_s + grace_s

    async def _end_cancelled(self) -> None:
        ids: list[str] = []
        async for job in self._api.jobs(JobStatus.CANCELLED):
            if len(ids) >= _CANCELLED_LOOKED_AT:
                break
            if job["batch_job"]:
                ids.append(job["batch_job"])
        for start in range(0, len(ids), MAX_DESCRIBE):
            for found in await self._batch.describe(ids[start : start + MAX_DESCRIBE]):
                if not found.ended:
                    await self._batch.terminate(found.id, "oa: cancelled")

    async def _tell(self, job: dict[str, Any], status: str, found: BatchJob | None = None) -> None:
        event = BatchEvent(
            batch_job=job["batch_job"] or "",
            job_name=batch_job_name(self._settings.stack, job["id"], job["attempt"], job["token"]),
            status=status,
            at=datetime.now(UTC),
            exit_code=found.exit_code if found else None,
            reason=found.reason if found else None,
        )
        await self._results.send_batch([OutgoingMessage(dump(event))])


def _age_s(at: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
