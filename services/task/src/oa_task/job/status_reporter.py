"""Status messages of an attempt to the results queue."""

import time
from datetime import UTC, datetime
from functools import partial

import structlog

from oa_shared.carriers import clean_text
from oa_shared.json_types import JsonObject
from oa_shared.messages import StatusMessage, dump
from oa_shared.postgres_json import clean_json
from oa_shared.queue import OutgoingMessage, Queue, QueueUnavailableError
from oa_shared.retrying import retrying
from oa_shared.status import JobStatus
from oa_task.job.settings import JobSettings

log = structlog.get_logger()
PROGRESS_EVERY_S = 5.0
_DELAYS_S = tuple(2.0**number for number in range(7))


class StatusReporter:
    """Numbers its messages, so that the API recognizes duplicates."""

    def __init__(self, settings: JobSettings, queue: Queue, *, first_seq: int = 0) -> None:
        self._settings = settings
        self._queue = queue
        self._seq = first_seq
        self._progress_at = 0.0

    def message(
        self,
        status: JobStatus,
        *,
        error: dict[str, str] | None = None,
        result: JsonObject | None = None,
        progress: JsonObject | None = None,
    ) -> StatusMessage:
        """Return the next message, cleaned of what Postgres cannot store: an API must not refuse it."""
        self._seq += 1
        return StatusMessage(
            job=self._settings.job,
            attempt=self._settings.attempt,
            token=self._settings.token,
            seq=self._seq,
            status=status,
            at=datetime.now(UTC),
            traceparent=self._settings.traceparent,
            error={**error, "message": clean_text(error["message"])} if error else None,
            result=_clean(result),
            progress=_clean(progress),
        )

    def is_due(self) -> bool:
        """Return whether the last progress was sent long enough ago."""
        return time.monotonic() - self._progress_at >= PROGRESS_EVERY_S

    async def send_progress(self, progress: JsonObject, *, at_once: bool = False) -> None:
        """Send progress, at most every 5 s unless `at_once`; a lost message has no effect."""
        if not at_once and not self.is_due():
            return
        self._progress_at = time.monotonic()
        try:
            await self._send(self.message(JobStatus.RUNNING, progress=progress))
        except QueueUnavailableError as error:
            log.warning("progress_not_sent", error=error.detail)

    async def send(self, message: StatusMessage) -> None:
        """Send a message that must arrive. Raises QueueUnavailableError after eight attempts in about two minutes."""

        def log_retry(error: QueueUnavailableError, attempt: int) -> None:
            log.warning("status_not_sent", error=error.detail, attempt=attempt)

        await retrying(partial(self._send, message), _DELAYS_S, on=QueueUnavailableError, before_retry=log_retry)

    async def _send(self, message: StatusMessage) -> None:
        accepted = await self._queue.send_batch([OutgoingMessage(dump(message))])
        if not all(accepted):
            raise QueueUnavailableError("the queue did not accept the message")


def _clean(value: JsonObject | None) -> JsonObject | None:
    cleaned = clean_json(value)
    return cleaned if isinstance(cleaned, dict) else None
