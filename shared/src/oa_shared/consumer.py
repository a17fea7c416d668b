"""The loop that turns a queue into calls: bounded, with a heartbeat, and in no hurry to forget a message."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from oa_shared.queue import MAX_BATCH, Queue, QueueUnavailableError, ReceivedMessage

log = structlog.get_logger()
_MAX_BACKOFF_S = 30.0
_REDELIVERY_S = 30


@dataclass(frozen=True, slots=True)
class Done:
    """The message has been dealt with."""


@dataclass(frozen=True, slots=True)
class Later:
    """The message is wanted again, not before `delay_s` seconds from now."""

    delay_s: int


@dataclass(frozen=True, slots=True)
class Bury:
    """Nobody can ever deal with the message: it goes to the dead-letter queue."""

    reason: str


Outcome = Done | Later | Bury
Handler = Callable[[ReceivedMessage], Awaitable[Outcome]]


class Consumer:
    """Receives, handles at most `concurrency` messages at once, and settles each by its outcome.

    A handler that raises leaves its message to be delivered again; after five deliveries the queue itself moves it
    to the dead-letter queue.
    """

    def __init__(
        self,
        queue: Queue,
        handle: Handler,
        *,
        concurrency: int = 10,
        visibility_s: int = 60,
        wait_s: float = 10,
        on_poll: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._queue = queue
        self._handle = handle
        self._concurrency = concurrency
        self._visibility_s = visibility_s
        self._wait_s = wait_s
        self._on_poll = on_poll
        self._in_hand: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then hand back what was not begun and finish what was."""
        backoff_s = 1.0
        while not stop.is_set():
            try:
                if self._on_poll:
                    await self._on_poll()
                await self._poll(stop)
                backoff_s = 1.0
            except QueueUnavailableError as error:
                log.warning("queue_unavailable", error=str(error), retry_in_s=backoff_s)
                await _sleep_unless(stop, backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
        if self._in_hand:
            await asyncio.wait(self._in_hand)

    async def _poll(self, stop: asyncio.Event) -> None:
        room = self._concurrency - len(self._in_hand)
        if room <= 0:
            await asyncio.wait(self._in_hand, return_when=asyncio.FIRST_COMPLETED)
            return
        messages = await self._queue.receive(min(room, MAX_BATCH), self._wait_s, self._visibility_s)
        for message in messages:
            if stop.is_set():
                await self._queue.change_visibility(message.receipt, 0)
                continue
            task = asyncio.create_task(self._settle(message))
            self._in_hand.add(task)
            task.add_done_callback(self._in_hand.discard)

    async def _settle(self, message: ReceivedMessage) -> None:
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(message_id=message.id, receive_count=message.receive_count):
            heartbeat = asyncio.create_task(self._keep(message))
            try:
                outcome = await self._handle(message)
            except Exception:
                log.exception("message_failed")
                outcome = Later(_REDELIVERY_S)
            finally:
                heartbeat.cancel()
            await self._acknowledge(message, outcome)
            log.info(
                "message_handled",
                outcome=type(outcome).__name__.lower(),
                duration_ms=round((time.monotonic() - started) * 1000),
            )

    async def _keep(self, message: ReceivedMessage) -> None:
        """Extend the visibility of a message in hand before it runs out."""
        while True:
            await asyncio.sleep(self._visibility_s / 3)
            try:
                await self._queue.change_visibility(message.receipt, self._visibility_s)
            except QueueUnavailableError as error:
                log.warning("heartbeat_failed", error=str(error))

    async def _acknowledge(self, message: ReceivedMessage, outcome: Outcome) -> None:
        try:
            match outcome:
                case Done():
                    await self._queue.delete(message.receipt)
                case Later(delay_s):
                    await self._queue.change_visibility(message.receipt, delay_s)
                case Bury(reason):
                    log.error("message_buried", reason=reason)
                    await self._queue.bury(message, reason)
        except QueueUnavailableError as error:
            # The message comes again; every handler is ready for a duplicate.
            log.warning("acknowledge_failed", error=str(error))


async def _sleep_unless(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
