"""A consumer that handles messages in batches: fewer transactions and calls for each message."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from oa_shared.consumer import REDELIVERY_S, Ack, ConsumerOptions, Outcome, QueueConsumer, RetryAfter
from oa_shared.queue import MAX_BATCH, Queue, QueueUnavailableError, ReceivedMessage

log = structlog.get_logger()
_COLLECT_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of one message of a batch, and the IDs that its log line has."""

    outcome: Outcome
    log_ids: dict[str, object] = field(default_factory=dict)


BatchHandler = Callable[[Sequence[ReceivedMessage]], Awaitable[Sequence[Settlement]]]


class BatchConsumer(QueueConsumer):
    """Handles up to `batch_size` messages in one call, and settles each by its own outcome.

    If many messages arrive, a batch waits for more of them for `collect_s` seconds.

    The handler returns one settlement for each message, in order; one that raises leaves the whole batch to be
    delivered again.

    A message that was delivered before may have ended the process. It is handled by itself, and at the start and after
    such a message one message is received at a time: the others are not delivered as often as the one at fault.
    """

    def __init__(
        self,
        queue: Queue,
        handle_batch: BatchHandler,
        *,
        batch_size: int,
        is_ready: Callable[[], Awaitable[bool]],
        options: ConsumerOptions | None = None,
        name: str = "queue",
        collect_s: float = 0.0,
    ) -> None:
        super().__init__(queue, options=options, name=name, is_ready=is_ready)
        self._collect_s = collect_s
        self._handle_batch = handle_batch
        self._batch_size = batch_size
        self._is_careful = True

    async def _poll(self, stop: asyncio.Event) -> None:
        room = 1 if self._is_careful else self._options.concurrency
        if len(self._tasks) * self._batch_size >= room:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return
        messages = await self._receive_batch()
        if messages:
            self._is_careful = any(map(_is_redelivered, messages))
        if stop.is_set():
            for message in messages:
                self._start(self._return_to_queue(message))
        elif messages:
            self._start(self._settle_received(messages))

    async def _receive_batch(self) -> list[ReceivedMessage]:
        """Wait for messages; take more, several calls at once, if a call returns ten on their first delivery.

        For `collect_s` seconds it tries again, until the batch is full.
        """
        first_size = 1 if self._is_careful else min(MAX_BATCH, self._batch_size)
        messages = await self._queue.receive(first_size, self._options.wait_s, self._options.visibility_s)
        if len(messages) < MAX_BATCH:
            return messages
        collect_until = time.monotonic() + self._collect_s
        while len(messages) < self._batch_size and not any(map(_is_redelivered, messages)):
            more = await self._receive_more(self._batch_size - len(messages))
            messages += more
            if time.monotonic() >= collect_until:
                break
            if not more:
                await asyncio.sleep(_COLLECT_PAUSE_S)
        return messages

    async def _receive_more(self, most: int) -> list[ReceivedMessage]:
        """Return up to `most` messages that are there now."""
        sizes = [min(MAX_BATCH, most - start) for start in range(0, most, MAX_BATCH)]
        calls = (self._queue.receive(size, 0, self._options.visibility_s) for size in sizes)
        messages: list[ReceivedMessage] = []
        for received in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(received, QueueUnavailableError):
                log.warning("queue_unavailable", error=str(received))
            elif isinstance(received, BaseException):
                raise received
            else:
                messages += received
        return messages

    async def _settle_received(self, messages: Sequence[ReceivedMessage]) -> None:
        """Settle the messages of a first delivery together, then each other one before the next, in random order."""
        first = [message for message in messages if not _is_redelivered(message)]
        again = [message for message in messages if _is_redelivered(message)]
        random.shuffle(again)
        hidden = {message.receipt: asyncio.create_task(self._keep_hidden(message)) for message in messages}
        try:
            for batch in [first, *([message] for message in again)]:
                if batch:
                    await self._settle_batch(batch, [hidden[message.receipt] for message in batch])
        finally:
            for heartbeat in hidden.values():
                heartbeat.cancel()

    async def _settle_batch(
        self, messages: Sequence[ReceivedMessage], heartbeats: Sequence[asyncio.Task[None]]
    ) -> None:
        """Handle messages in one call; their `heartbeats` end before they are settled."""
        started = time.monotonic()
        try:
            settlements = await self._handle_batch(messages)
        except Exception:
            log.exception("batch_failed", queue=self._name, messages=len(messages))
            settlements = [Settlement(RetryAfter(REDELIVERY_S))] * len(messages)
        for heartbeat in heartbeats:
            heartbeat.cancel()
        for settlement in settlements:
            self._note_outage(settlement.outcome)
        await asyncio.wait(heartbeats)
        await self._acknowledge_batch(messages, settlements)
        duration_s = time.monotonic() - started
        for message, settlement in zip(messages, settlements, strict=True):
            ids = {**settlement.log_ids, "message_id": message.id, "receive_count": message.receive_count}
            with structlog.contextvars.bound_contextvars(**ids):
                self._record(settlement.outcome, duration_s)

    async def _acknowledge_batch(self, messages: Sequence[ReceivedMessage], settlements: Sequence[Settlement]) -> None:
        """Delete the messages that were handled, ten in a call, and settle each other one by its outcome."""
        pairs = list(zip(messages, (settlement.outcome for settlement in settlements), strict=True))
        receipts = [message.receipt for message, outcome in pairs if isinstance(outcome, Ack)]
        deletions = (self._delete(receipts[start : start + MAX_BATCH]) for start in range(0, len(receipts), MAX_BATCH))
        others = (self._acknowledge(message, outcome) for message, outcome in pairs if not isinstance(outcome, Ack))
        await asyncio.gather(*deletions, *others)

    async def _delete(self, receipts: Sequence[str]) -> None:
        try:
            await self._queue.delete_batch(receipts)
        except QueueUnavailableError as error:
            # The messages are delivered again; every handler tolerates duplicates.
            log.warning("acknowledge_failed", error=str(error))


def _is_redelivered(message: ReceivedMessage) -> bool:
    return message.receive_count > 1
