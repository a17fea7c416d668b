"""Dead letters: looking at them without losing any, and sending them back to their queue."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from oa_api.dead_letters.dead_letter_view import DeadLetterFilter
from oa_api.http.app_keys import QueuePair
from oa_shared.queue import MAX_BATCH, OutgoingMessage, Queue, QueueUnavailableError, ReceivedMessage

log = structlog.get_logger()
MAX_LOOKED_AT = 1000
_WITHIN_S = 20.0
_HELD_S = 60
_WAIT_S = 1
_AT_ONCE = 10


Tell = Callable[[list[ReceivedMessage]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RedriveResult:
    """What was done: how many letters, and which of those asked for were not there."""

    done: int
    not_found: list[str] = field(default_factory=list)


async def peek(queue: Queue) -> list[ReceivedMessage]:
    """Return the messages of a queue, oldest first, at most 1,000; all of them are handed back before this returns."""
    async with _held(queue) as messages:
        return sorted(messages, key=lambda message: (message.sent_at is None, message.sent_at or 0, message.id))


async def redrive(pair: QueuePair, dead: Queue, choice: DeadLetterFilter, *, tell: Tell) -> RedriveResult:
    """Send letters back; each is deleted only after its queue has taken it. `tell` hears of them before.

    A crash in between leaves a copy in both places: consumers know a duplicate when they see one.
    """
    async with _held(dead) as messages:
        wanted = [message for message in messages if choice.takes(message)]
        if wanted:
            await tell(wanted)
        moved: set[str] = set()
        for start in range(0, len(wanted), MAX_BATCH):
            moved |= await _move(pair.main, dead, wanted[start : start + MAX_BATCH])
        messages[:] = [message for message in messages if message.id not in moved]
    log.info("dead_letters_redriven", moved=len(moved))
    return RedriveResult(len(moved), _missing(choice, wanted))


async def discard(dead: Queue, choice: DeadLetterFilter, *, tell: Tell) -> RedriveResult:
    """Throw letters away. `tell` hears of them before."""
    async with _held(dead) as messages:
        wanted = [message for message in messages if choice.takes(message)]
        if wanted:
            await tell(wanted)
        for message in wanted:
            await dead.delete(message.receipt)
            messages.remove(message)
    log.info("dead_letters_discarded", discarded=len(wanted))
    return RedriveResult(len(wanted), _missing(choice, wanted))


def _missing(choice: DeadLetterFilter, wanted: list[ReceivedMessage]) -> list[str]:
    return sorted(set(choice.ids or ()) - {message.id for message in wanted})


async def _move(main: Queue, dead: Queue, messages: list[ReceivedMessage]) -> set[str]:
    outgoing = [
        OutgoingMessage(message.body, attributes={k: v for k, v in message.attributes.items() if k != "reason"})
        for message in messages
    ]
    accepted = await main.send_batch(outgoing)
    sent = [message for message, was_accepted in zip(messages, accepted, strict=True) if was_accepted]
    await asyncio.gather(*(dead.delete(message.receipt) for message in sent))
    return {message.id for message in sent}


@asynccontextmanager
async def _held(queue: Queue) -> AsyncIterator[list[ReceivedMessage]]:
    """Hold what lies on a queue; what is still in the list at the end is handed back, whatever happens."""
    messages: list[ReceivedMessage] = []
    try:
        await _take(queue, messages)
        yield messages
    finally:
        await asyncio.shield(_hand_back(queue, messages))


async def _take(queue: Queue, messages: list[ReceivedMessage]) -> None:
    """Receive until the queue has no more, 1,000 are in hand or the time is over."""
    expected = min((await queue.depth()).visible, MAX_LOOKED_AT)
    deadline = time.monotonic() + _WITHIN_S
    seen: set[str] = set()
    while time.monotonic() < deadline:
        # SQS answers a short poll from a sample of its servers: only an empty long poll means empty.
        received = await queue.receive(MAX_BATCH, 0 if len(messages) < expected else _WAIT_S, _HELD_S)
        if not received and len(messages) >= expected:
            return
        if not received:
            expected = 0
        messages += [message for message in received if message.id not in seen]
        seen |= {message.id for message in received}
        if len(messages) >= MAX_LOOKED_AT:
            return


async def _hand_back(queue: Queue, messages: list[ReceivedMessage]) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(message: ReceivedMessage) -> None:
        async with slots:
            try:
                await queue.change_visibility(message.receipt, 0)
            except QueueUnavailableError as error:
                # It comes back by itself when its time in hand is over.
                log.warning("dead_letter_not_handed_back", message_id=message.id, error=error.detail)

    await asyncio.gather(*(one(message) for message in messages))
