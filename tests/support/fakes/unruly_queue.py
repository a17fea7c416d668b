"""A queue that does what SQS may do and no emulator does: duplicates, another order, delays, lost answers."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from oa_shared.queue import OutgoingMessage, Queue, QueueDepth, QueueUnavailableError, ReceivedMessage

_MAX_BATCH = 10


@dataclass(frozen=True, slots=True)
class Unruliness:
    """How often each thing happens, between 0 and 1; `delay_s` is the longest delay of a message."""

    duplicate: float = 0.3
    lost_acknowledgement: float = 0.2
    lost_send_answer: float = 0.1
    delay_s: float = 0.2


class UnrulyQueue:
    """Wraps a real queue. The seed, printed once, makes a run of misfortunes happen again."""

    def __init__(self, queue: Queue, *, seed: int, ways: Unruliness | None = None) -> None:
        print(f"unruly queue: seed {seed}")
        self._queue = queue
        self._random = random.Random(seed)  # noqa: S311 - misfortune, not cryptography
        self._ways = ways or Unruliness()

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        """Send the messages, some twice and out of order; at times the answer is lost."""
        flags = await self._queue.send_batch(messages)
        taken = [message for message, flag in zip(messages, flags, strict=True) if flag]
        again = [message for message in taken if self._happens(self._ways.duplicate)]
        self._random.shuffle(again)
        if again:
            await self._queue.send_batch(again[:_MAX_BATCH])
        if self._happens(self._ways.lost_send_answer):
            raise QueueUnavailableError("the answer was lost")
        return flags

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        """Receive late and in any order."""
        messages = await self._queue.receive(max_messages, wait_s, visibility_s)
        self._random.shuffle(messages)
        await asyncio.sleep(self._random.uniform(0, self._ways.delay_s))
        return messages

    async def delete(self, receipt: str) -> None:
        """Acknowledge, or lose the acknowledgement."""
        if self._happens(self._ways.lost_acknowledgement):
            await self._queue.change_visibility(receipt, 0)
            raise QueueUnavailableError("the acknowledgement was lost")
        await self._queue.delete(receipt)

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        await self._queue.change_visibility(receipt, seconds)

    async def depth(self) -> QueueDepth:
        return await self._queue.depth()

    async def dead_letter(self, message: ReceivedMessage, reason: str) -> None:
        await self._queue.dead_letter(message, reason)

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance
