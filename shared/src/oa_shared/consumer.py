"""The consumer loop: receive messages, handle a bounded number at once, settle each by its outcome."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import assert_never

import structlog

from oa_shared.metrics import MESSAGE_DURATION_S, MESSAGES
from oa_shared.queue import MAX_HELD_S, Queue, QueueUnavailableError, ReceivedMessage
from oa_shared.supervision import next_round, record_progress, record_waiting
from oa_shared.waiting import sleep_unless

log = structlog.get_logger()
_MAX_BACKOFF_S = 30.0
REDELIVERY_S = 30


@dataclass(frozen=True, slots=True)
class Ack:
    """The message was handled; delete it."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Deliver the message again after `delay_s` seconds."""

    delay_s: int


@dataclass(frozen=True, slots=True)
class DependencyDown:
    """A dependency is down: return this message to the queue and receive no other until it answers again."""

    delay_s: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The message cannot be processed; move it to the dead-letter queue."""

    reason: str


_LABELS: dict[type, str] = {
    Ack: "ack",
    RetryAfter: "retry",
    DependencyDown: "dependency_down",
    DeadLetter: "dead_letter",
}
Outcome = Ack | RetryAfter | DependencyDown | DeadLetter


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How a consumer receives. A message in progress stays hidden for `visibility_s`, extended every third of it."""

    concurrency: int = 10
    visibility_s: int = 60
    wait_s: float = 10
    max_held_s: float = MAX_HELD_S


class QueueConsumer(ABC):
    """Receives messages and settles each by its outcome; a subclass decides how many to receive and to handle at once.

    A handler that raises leaves its message to be delivered again; after five deliveries the queue itself moves it
    to the dead-letter queue. An outage must not use those up: after a `DependencyDown` nothing is received until
    `is_ready` returns True.
    """

    def __init__(
        self,
        queue: Queue,
        *,
        is_ready: Callable[[], Awaitable[bool]],
        options: ConsumerOptions | None = None,
        name: str = "queue",
    ) -> None:
        self._queue = queue
        self._options = options or ConsumerOptions()
        self._name = name
        self._is_ready = is_ready
        self._tasks: set[asyncio.Task[None]] = set()
        self._needs_readiness_check = False

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

    @abstractmethod
    async def _poll(self, stop: asyncio.Event) -> None:
        """Receive once, and start to settle the messages, or wait for one in progress."""

    def _start(self, settling: Coroutine[None, None, None]) -> None:
        """Settle one or more messages in the background; `run` waits for them."""
        task = asyncio.create_task(settling)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _return_to_queue(self, message: ReceivedMessage) -> None:
        await self._acknowledge(message, RetryAfter(0))

    def _note_outage(self, outcome: Outcome) -> None:
        self._needs_readiness_check = self._needs_readiness_check or isinstance(outcome, DependencyDown)

    def _record(self, outcome: Outcome, duration_s: float) -> None:
        label = _LABELS[type(outcome)]
        MESSAGES.labels(self._name, label).inc()
        MESSAGE_DURATION_S.labels(self._name).observe(duration_s)
        log.info("message_handled", queue=self._name, outcome=label, duration_ms=round(duration_s * 1000))

    async def _keep_hidden(self, message: ReceivedMessage) -> None:
        """Extend the visibility of a message in progress before it expires, up to the 12 hours that SQS allows."""
        started = time.monotonic()
        visibility_s = self._options.visibility_s
        while True:
            await asyncio.sleep(visibility_s / 3)
            if time.monotonic() - started + visibility_s > self._options.max_held_s:
                log.error("message_held_too_long", held_s=round(time.monotonic() - started))
                return
            try:
                await self._queue.change_visibility(message.receipt, visibility_s)
            except QueueUnavailableError as error:
                log.warning("heartbeat_failed", error=str(error))

    async def _acknowledge(self, message: ReceivedMessage, outcome: Outcome) -> None:
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
            # The message is delivered again; every handler tolerates duplicates.
            log.warning("acknowledge_failed", error=str(error))
