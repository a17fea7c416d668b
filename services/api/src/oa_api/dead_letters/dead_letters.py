"""Reading a dead-letter queue without removing messages, and redriving or discarding them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import structlog

from oa_api.db.counting import Total
from oa_api.dead_letters.dead_letter import DeadLetterFilter, DeadLetterMessage, read_dead_letter
from oa_api.http.app_keys import QueuePair
from oa_shared.queue import MAX_BATCH, OutgoingMessage, Queue, QueueUnavailableError, ReceivedMessage

log = structlog.get_logger()
MAX_PEEKED = 1000
_PEEK_S = 20.0
_VISIBILITY_S = 60
_LONG_POLL_S = 1
_CONCURRENT_RETURNS = 10
_CONCURRENT_RECEIVES = 10
_EMPTY_ROUNDS = 2

# How long a list of messages is reused; of longer messages none is kept.
_KEPT_S = 10.0
_MAX_KEPT_CHARACTERS = 4_000_000

# Called with the selected messages before anything is done to them.
BeforeAction = Callable[[list[ReceivedMessage]], Awaitable[None]]
_Receive = Callable[[Queue, list[ReceivedMessage]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RedriveResult:
    """How many messages were redriven or discarded, and the requested IDs that were not found."""

    done: int
    not_found: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Peek:
    """The messages of a queue at a monotonic time, and how many it counted then."""

    messages: list[ReceivedMessage]
    visible: int
    at: float


_PEEKS: WeakKeyDictionary[Queue, _Peek] = WeakKeyDictionary()


async def peek(queue: Queue) -> list[ReceivedMessage]:
    """Return the messages of a queue, oldest first, at most 1,000; all are back on the queue before this returns.

    It does not wait for messages beyond those that the queue counts: a message of the last seconds may be missing.
    """
    async with _hold_messages(queue, receive=_receive_counted) as messages:
        return sorted(messages, key=lambda message: (message.sent_at is None, message.sent_at or 0, message.id))


async def list_dead_letters(dead: Queue, dead_letter_filter: DeadLetterFilter) -> tuple[list[DeadLetterMessage], Total]:
    """Return the dead letters that a filter selects, oldest first, and how many there are."""
    messages = await peek_rarely(dead)
    selected = [read_dead_letter(message) for message in messages if dead_letter_filter.matches(message)]
    return selected, Total(len(selected), is_estimate=len(messages) >= MAX_PEEKED)


async def peek_rarely(queue: Queue) -> list[ReceivedMessage]:
    """Return the messages of a queue, oldest first, at most 1,000 and at most 10 s old.

    They are read again as soon as the queue counts another number of them: a thousand messages are 200 calls, which
    each page and each reload of a page would repeat.
    """
    known, visible = _PEEKS.get(queue), (await queue.depth()).visible
    if known is not None and known.visible == visible and time.monotonic() - known.at < _KEPT_S:
        return known.messages
    messages = await peek(queue)
    if sum(len(message.body) for message in messages) <= _MAX_KEPT_CHARACTERS:
        _PEEKS[queue] = _Peek(messages, visible, time.monotonic())
    else:
        _PEEKS.pop(queue, None)
    return messages


async def redrive(
    pair: QueuePair, dead: Queue, dead_letter_filter: DeadLetterFilter, *, before: BeforeAction
) -> RedriveResult:
    """Send dead letters back to their queue; each is deleted only after the queue has accepted it.

    A crash in between leaves a copy on both queues, and consumers recognize duplicates.
    """
    _PEEKS.pop(dead, None)
    async with _hold_messages(dead) as messages:
        selected = [message for message in messages if dead_letter_filter.matches(message)]
        if selected:
            await before(selected)
        moved: set[str] = set()
        for start in range(0, len(selected), MAX_BATCH):
            moved |= await _move(pair.main, dead, selected[start : start + MAX_BATCH])
        messages[:] = [message for message in messages if message.id not in moved]
    log.info("dead_letters_redriven", moved=len(moved))
    return RedriveResult(len(moved), _missing_ids(dead_letter_filter, selected))


async def discard(dead: Queue, dead_letter_filter: DeadLetterFilter, *, before: BeforeAction) -> RedriveResult:
    """Delete dead letters."""
    _PEEKS.pop(dead, None)
    async with _hold_messages(dead) as messages:
        selected = [message for message in messages if dead_letter_filter.matches(message)]
        if selected:
            await before(selected)
        for message in selected:
            await dead.delete(message.receipt)
            messages.remove(message)
    log.info("dead_letters_discarded", discarded=len(selected))
    return RedriveResult(len(selected), _missing_ids(dead_letter_filter, selected))


def _missing_ids(dead_letter_filter: DeadLetterFilter, selected: list[ReceivedMessage]) -> list[str]:
    return sorted(set(dead_letter_filter.ids or ()) - {message.id for message in selected})


async def _move(main: Queue, dead: Queue, messages: list[ReceivedMessage]) -> set[str]:
    """Send messages to the main queue, delete those it accepted, and return their IDs."""
    outgoing = [
        OutgoingMessage(message.body, attributes={k: v for k, v in message.attributes.items() if k != "reason"})
        for message in messages
    ]
    flags = await main.send_batch(outgoing)
    accepted = [message for message, is_accepted in zip(messages, flags, strict=True) if is_accepted]
    await asyncio.gather(*(dead.delete(message.receipt) for message in accepted))
    return {message.id for message in accepted}


@asynccontextmanager
async def _hold_messages(queue: Queue, *, receive: _Receive | None = None) -> AsyncIterator[list[ReceivedMessage]]:
    """Receive the messages of a queue, by default all; those still in the list at the end go back, whatever happens."""
    messages: list[ReceivedMessage] = []
    try:
        await (receive or _receive_all)(queue, messages)
        yield messages
    finally:
        await asyncio.shield(_return_all(queue, messages))


async def _receive_counted(queue: Queue, messages: list[ReceivedMessage]) -> None:
    """Receive as many messages as the queue counts, several calls at once, without waiting where it is empty."""
    expected = min((await queue.depth()).visible, MAX_PEEKED)
    seen: set[str] = set()
    deadline, empty_rounds = time.monotonic() + _PEEK_S, 0

    async def receive(wait_s: float) -> None:
        # Each call adds its own, so that they return to the queue even if another call fails or all are canceled.
        received = await queue.receive(MAX_BATCH, wait_s, _VISIBILITY_S)
        messages.extend(message for message in received if message.id not in seen)
        seen.update(message.id for message in received)

    while len(messages) < expected and empty_rounds < _EMPTY_ROUNDS and time.monotonic() < deadline:
        before, calls = len(messages), min(_CONCURRENT_RECEIVES, -(-(expected - len(messages)) // MAX_BATCH))
        # A short poll asks a sample of the servers of SQS, so that one alone may come back empty.
        wait_s = _LONG_POLL_S if empty_rounds else 0
        for error in await asyncio.gather(*(receive(wait_s) for _ in range(calls)), return_exceptions=True):
            if error is not None:
                raise error
        empty_rounds = 0 if len(messages) > before else empty_rounds + 1


async def _receive_all(queue: Queue, messages: list[ReceivedMessage]) -> None:
    """Receive until the queue is empty, 1,000 messages are held, or the time is up."""
    expected = min((await queue.depth()).visible, MAX_PEEKED)
    deadline = time.monotonic() + _PEEK_S
    seen: set[str] = set()
    while time.monotonic() < deadline:
        # SQS answers a short poll from a sample of its servers: only an empty long poll means empty.
        wait_s = 0 if len(messages) < expected else _LONG_POLL_S
        received = await queue.receive(MAX_BATCH, wait_s, _VISIBILITY_S)
        if not received and len(messages) >= expected:
            return
        if not received:
            expected = 0
        messages += [message for message in received if message.id not in seen]
        seen |= {message.id for message in received}
        if len(messages) >= MAX_PEEKED:
            return


async def _return_all(queue: Queue, messages: list[ReceivedMessage]) -> None:
    """Make messages visible to other consumers again."""
    slots = asyncio.Semaphore(_CONCURRENT_RETURNS)

    async def return_some(some: Sequence[ReceivedMessage]) -> None:
        async with slots:
            try:
                await queue.release_batch([message.receipt for message in some])
            except QueueUnavailableError as error:
                # The messages return when their visibility timeout ends.
                log.warning(
                    "dead_letters_not_returned", message_ids=[message.id for message in some], error=error.detail
                )

    parts = range(0, len(messages), MAX_BATCH)
    await asyncio.gather(*(return_some(messages[start : start + MAX_BATCH]) for start in parts))
