"""Keeps messages of a queue hidden while they are handled, and settles each by its outcome."""

import asyncio
import time
from collections.abc import Sequence
from typing import assert_never

import structlog

from oa_shared.metrics import MESSAGE_DURATION_S, MESSAGES
from oa_shared.outcomes import Ack, DeadLetter, DependencyDown, Outcome, RetryAfter, Settlement
from oa_shared.queue import MAX_BATCH, Queue, QueueUnavailableError, ReceivedMessage

log = structlog.get_logger()
_LABELS: dict[type, str] = {
    Ack: "ack",
    RetryAfter: "retry",
    DependencyDown: "dependency_down",
    DeadLetter: "dead_letter",
}


class MessageSettler:
    """Settles the messages of one queue; `name` is its name in logs and metrics."""

    def __init__(self, queue: Queue, *, name: str, visibility_s: int, max_held_s: float) -> None:
        self._queue = queue
        self._name = name
        self._visibility_s = visibility_s
        self._max_held_s = max_held_s

    async def keep_hidden(self, message: ReceivedMessage) -> None:
        """Extend the visibility of a message in progress before it expires, up to the 12 hours that SQS allows."""
        started = time.monotonic()
        while True:
            await asyncio.sleep(self._visibility_s / 3)
            if time.monotonic() - started + self._visibility_s > self._max_held_s:
                log.error("message_held_too_long", held_s=round(time.monotonic() - started))
                return
            try:
                await self._queue.change_visibility(message.receipt, self._visibility_s)
            except QueueUnavailableError as error:
                log.warning("heartbeat_failed", error=str(error))

    async def return_to_queue(self, message: ReceivedMessage) -> None:
        """Have a message that was not handled delivered again at once."""
        await self._settle(message, RetryAfter(0))

    async def settle_batch(self, messages: Sequence[ReceivedMessage], outcomes: Sequence[Outcome]) -> None:
        """Delete the messages that were handled, ten in a call, and settle each other one by its outcome."""
        pairs = list(zip(messages, outcomes, strict=True))
        receipts = [message.receipt for message, outcome in pairs if isinstance(outcome, Ack)]
        deletions = (self._delete(receipts[start : start + MAX_BATCH]) for start in range(0, len(receipts), MAX_BATCH))
        others = (self._settle(message, outcome) for message, outcome in pairs if not isinstance(outcome, Ack))
        await asyncio.gather(*deletions, *others)

    def record(self, message: ReceivedMessage, settlement: Settlement, duration_s: float) -> None:
        """Count a settled message and log it with its IDs."""
        label = _LABELS[type(settlement.outcome)]
        MESSAGES.labels(self._name, label).inc()
        MESSAGE_DURATION_S.labels(self._name).observe(duration_s)
        ids = {**settlement.log_ids, "message_id": message.id, "receive_count": message.receive_count}
        with structlog.contextvars.bound_contextvars(**ids):
            log.info("message_handled", queue=self._name, outcome=label, duration_ms=round(duration_s * 1000))

    async def _delete(self, receipts: Sequence[str]) -> None:
        try:
            await self._queue.delete_batch(receipts)
        except QueueUnavailableError as error:
            # The messages are delivered again; every handler tolerates duplicates.
            log.warning("acknowledge_failed", error=str(error))

    async def _settle(self, message: ReceivedMessage, outcome: Outcome) -> None:
        try:
            match outcome:
                case Ack():
                    await self._queue.delete(message.receipt)
                case RetryAfter(delay_s) | DependencyDown(delay_s):
                    await self._queue.change_visibility(message.receipt, delay_s)
                case DeadLetter(reason):
                    log.error("message_dead_lettered", reason=reason)
                    await self._queue.dead_letter(message, reason)
                case _:
                    assert_never(outcome)
        except QueueUnavailableError as error:
            # Delivered again, as above.
            log.warning("acknowledge_failed", error=str(error))
