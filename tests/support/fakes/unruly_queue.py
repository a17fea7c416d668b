"""A queue with the permitted irregularities of SQS: duplicates, another order, delays, lost responses."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from oa_shared.queue import OutgoingMessage, Queue, QueueDepth, QueueUnavailableError, ReceivedMessage

_MAX_BATCH = 10


@dataclass(frozen=True, slots=True)
class Unruliness:
    """The probability of each irregularity, from 0 to 1; `delay_s` is the maximum delay of a message."""

    duplicate: float = 0.3
    lost_delete: float = 0.2
    lost_send_response: float = 0.1
    delay_s: float = 0.2


class UnrulyQueue:
    """Wraps a real queue. The printed seed reproduces a run."""

    def __init__(self, queue: Queue, *, seed: int, ways: Unruliness | None = None) -> None:
        print(f"unruly queue: seed {seed}")
        self._queue = queue
        self._random = random.Random(seed)  # noqa: S311 - not cryptography
        self._ways = ways or Unruliness()

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        """Send the messages, some twice and out of order; sometimes the response is lost."""
        flags = await self._queue.send_batch(messages)
        taken = [message for message, flag in zip(messages, flags, strict=True) if flag]
        again = [message for message in taken if self._happens(self._ways.duplicate)]
        self._random.shuffle(again)
        if again:
            await self._queue.send_batch(again[:_MAX_BATCH])
        if self._happens(self._ways.lost_send_response):
            raise QueueUnavailableError("the response was lost")
        return flags

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        """Receive late and in any order."""
        messages = await self._queue.receive(max_messages, wait_s, visibility_s)
        self._random.shuffle(messages)
        await asyncio.sleep(self._random.uniform(0, self._ways.delay_s))
        return messages

    async def delete(self, receipt: str) -> None:
        """Delete the message, or lose the call."""
        if self._happens(self._ways.lost_delete):
            await self._queue.change_visibility(receipt, 0)
            raise QueueUnavailableError("the acknowledgement was lost")
        await self._queue.delete(receipt)

    async def delete_batch(self, receipts: Sequence[str]) -> None:
        """Delete some of the messages, and lose the others."""
        kept = [receipt for receipt in receipts if self._happens(self._ways.lost_delete)]
        await self._queue.delete_batch([receipt for receipt in receipts if receipt not in kept])
        for receipt in kept:
            await self._queue.change_visibility(receipt, 0)

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        await self._queue.change_visibility(receipt, seconds)

    async def release_batch(self, receipts: Sequence[str]) -> None:
        await self._queue.release_batch(receipts)

    async def depth(self) -> QueueDepth:
        return await self._queue.depth()

    async def dead_letter(self, message: ReceivedMessage, reason: str) -> None:
        await self._queue.dead_letter(message, reason)

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance
