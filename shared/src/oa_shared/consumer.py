"""The consumer loop: receive messages, handle them in batches, settle each by its outcome."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass

import structlog

from oa_shared.message_settler import MessageSettler
from oa_shared.outcomes import REDELIVERY_S, BatchHandler, DependencyDown, RetryAfter, Settlement
from oa_shared.queue import MAX_BATCH, MAX_HELD_S, Queue, QueueUnavailableError, ReceivedMessage
from oa_shared.supervision import next_round, record_progress, record_waiting
from oa_shared.waiting import sleep_unless

log = structlog.get_logger()
_MAX_BACKOFF_S = 30.0
_COLLECT_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How a consumer receives. A message in progress stays hidden for `visibility_s`, extended every third of it."""

    concurrency: int = 10
    visibility_s: int = 60
    wait_s: float = 10
    max_held_s: float = MAX_HELD_S


class QueueConsumer:
    """Handles up to `batch_size` messages in one call, which means fewer transactions, and settles each by its outcome.

    If many messages arrive, a batch waits for more of them for `collect_s` seconds. A handler that raises leaves
    its whole batch to be delivered again; after five deliveries the queue itself moves a message to the dead-letter
    queue. An outage must not use those up: after a `DependencyDown` nothing is received until `is_ready` returns True.

    A message that was delivered before may have ended the process. It is handled alone, and at the start and after
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
        self._queue = queue
        self._handle_batch = handle_batch
        self._batch_size = batch_size
        self._is_ready = is_ready
        self._options = options or ConsumerOptions()
        self._name = name
        self._collect_s = collect_s
        self._settler = MessageSettler(
            queue, name=name, visibility_s=self._options.visibility_s, max_held_s=self._options.max_held_s
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._needs_readiness_check = False
        self._is_careful = True

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then return messages that have not started and finish the others.

        When canceled, it abandons messages in progress; they are delivered again when their visibility expires.
        """
        backoff_s = 1.0
        try:
            while not stop.is_set():
                if await self._try_to_poll(stop):
                    backoff_s = 1.0
                    continue
                log.warning("consumer_waiting", retry_in_s=backoff_s)
                await sleep_unless(stop, backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _try_to_poll(self, stop: asyncio.Event) -> bool:
        """Poll once; return False when the queue or a dependency is down."""
        await next_round()
        reason = "a dependency of the handler is down"
        try:
            is_ready = await self._poll_if_ready(stop)
        except QueueUnavailableError as error:
            log.warning("queue_unavailable", error=str(error))
            is_ready, reason = False, error.detail
        if is_ready:
            record_progress()
        else:
            record_waiting(reason)
        return is_ready

    async def _poll_if_ready(self, stop: asyncio.Event) -> bool:
        if self._needs_readiness_check:
            self._needs_readiness_check = not await self._is_ready()
        if self._needs_readiness_check:
            return False
        await self._poll(stop)
        return True

    async def _poll(self, stop: asyncio.Event) -> None:
        """Receive once, and start to settle the messages, or wait for a batch in progress."""
        room = 1 if self._is_careful else self._options.concurrency
        if len(self._tasks) * self._batch_size >= room:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return
        messages = await self._receive_batch()
        if messages:
            self._is_careful = any(map(_is_redelivered, messages))
        if stop.is_set():
            for message in messages:
                self._start(self._settler.return_to_queue(message))
        elif messages:
            self._start(self._handle_received(messages))

    def _start(self, settling: Coroutine[None, None, None]) -> None:
        """Settle messages in the background; `run` waits for them."""
        task = asyncio.create_task(settling)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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

    async def _handle_received(self, messages: Sequence[ReceivedMessage]) -> None:
        """Handle the messages of a first delivery together, then each other one before the next, in random order."""
        first = [message for message in messages if not _is_redelivered(message)]
        again = [message for message in messages if _is_redelivered(message)]
        random.shuffle(again)
        hidden = {message.receipt: asyncio.create_task(self._settler.keep_hidden(message)) for message in messages}
        try:
            for batch in [first, *([message] for message in again)]:
                if batch:
                    await self._handle_and_settle(batch, [hidden[message.receipt] for message in batch])
        finally:
            for heartbeat in hidden.values():
                heartbeat.cancel()

    async def _handle_and_settle(
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
        outcomes = [settlement.outcome for settlement in settlements]
        if any(isinstance(outcome, DependencyDown) for outcome in outcomes):
            self._needs_readiness_check = True
        await asyncio.wait(heartbeats)
        await self._settler.settle_batch(messages, outcomes)
        duration_s = time.monotonic() - started
        for message, settlement in zip(messages, settlements, strict=True):
            self._settler.record(message, settlement, duration_s)


def _is_redelivered(message: ReceivedMessage) -> bool:
    return message.receive_count > 1
