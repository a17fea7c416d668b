"""Telling the results queue where the attempt stands."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import structlog

from oa_shared.messages import StatusMessage, dump
from oa_shared.queue import OutgoingMessage, Queue, QueueUnavailableError
from oa_shared.status import JobStatus
from oa_task.job.settings import JobSettings

log = structlog.get_logger()
PROGRESS_EVERY_S = 5.0
_FINAL_TRIES = 8


class StatusReporter:
    """Numbers its messages, so that a duplicate is known as one."""

    def __init__(self, settings: JobSettings, queue: Queue, *, first_seq: int = 0) -> None:
        self._settings = settings
        self._queue = queue
        self._seq = first_seq
        self._told_at = 0.0

    def message(self, status: JobStatus, **extra: Any) -> StatusMessage:
        """Return the next message."""
        self._seq += 1
        return StatusMessage(
            job=self._settings.job,
            attempt=self._settings.attempt,
            token=self._settings.token,
            seq=self._seq,
            status=status,
            at=datetime.now(UTC),
            traceparent=self._settings.traceparent,
            **extra,
        )

    def is_due(self) -> bool:
        """Return whether it is time to tell of progress again."""
        return time.monotonic() - self._told_at >= PROGRESS_EVERY_S

    async def progress(self, told: dict[str, Any], *, at_once: bool = False) -> None:
        """Tell how far the work is, at most every 5 s; one that is lost is no loss."""
        if not at_once and not self.is_due():
            return
        self._told_at = time.monotonic()
        try:
            await self._send(self.message(JobStatus.RUNNING, progress=told))
        except QueueUnavailableError as error:
            log.warning("progress_not_told", error=error.detail)

    async def tell(self, message: StatusMessage) -> None:
        """Send a message that must arrive. Raises QueueUnavailableError after about four minutes of trying."""
        for attempt in range(1, _FINAL_TRIES + 1):
            try:
                await self._send(message)
            except QueueUnavailableError as error:
                if attempt == _FINAL_TRIES:
                    raise
                log.warning("report_not_sent", error=error.detail, attempt=attempt)
                await asyncio.sleep(2 ** (attempt - 1))
            else:
                return

    async def _send(self, message: StatusMessage) -> None:
        accepted = await self._queue.send_batch([OutgoingMessage(dump(message))])
        if not all(accepted):
            raise QueueUnavailableError("the queue did not take the message")
