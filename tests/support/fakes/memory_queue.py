"""SQS in memory: visibility, redelivery, receipts that expire, a dead-letter queue after five deliveries."""

import asyncio
import itertools
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from oa_shared.queue import (
    OutgoingMessage,
    QueueDepth,
    QueueUnavailableError,
    ReceivedMessage,
    dead_letter_attributes,
)

_MAX_RECEIVE_COUNT = 5
_STEP_S = 0.01
# What AWS documents for SendMessage: the characters of XML 1.0, 256 KiB with the attributes, ten attributes.
_TEXT = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_MAX_BYTES = 262_144
_MAX_ATTRIBUTES = 10


@dataclass(slots=True)
class _Stored:
    id: str
    message: OutgoingMessage
    visible_at: float
    receive_count: int = 0
    receipt: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


class MemoryQueue:
    """A queue that behaves like SQS, and refuses what SQS refuses.

    `is_down` makes every call fail, `refused` are further bodies that are not accepted.
    """

    def __init__(
        self, *, dead_letters: "MemoryQueue | None" = None, max_receive_count: int = _MAX_RECEIVE_COUNT
    ) -> None:
        self._stored: dict[str, _Stored] = {}
        self._numbers = itertools.count(1)
        self._dead_letters = dead_letters
        self._max_receive_count = max_receive_count
        self.is_down = False
        self.refused: set[str] = set()

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        self._check()
        return [self._store(message) for message in messages]

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        deadline = time.monotonic() + wait_s
        while True:
            self._check()
            taken = self._take(max_messages, visibility_s)
            if taken or time.monotonic() >= deadline:
                return taken
            await asyncio.sleep(_STEP_S)

    async def delete(self, receipt: str) -> None:
        self._check()
        stored = self._by_receipt(receipt)
        if stored is not None:
            del self._stored[stored.id]

    async def delete_batch(self, receipts: Sequence[str]) -> None:
        for receipt in receipts:
            await self.delete(receipt)

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        self._check()
        stored = self._by_receipt(receipt)
        if stored is not None:
            stored.visible_at = time.monotonic() + seconds

    async def release_batch(self, receipts: Sequence[str]) -> None:
        for receipt in receipts:
            await self.change_visibility(receipt, 0)

    async def depth(self) -> QueueDepth:
        self._check()
        now = time.monotonic()
        hidden = [stored for stored in self._stored.values() if stored.visible_at > now]
        in_flight = sum(stored.receive_count > 0 for stored in hidden)
        return QueueDepth(len(self._stored) - len(hidden), in_flight, len(hidden) - in_flight)

    async def dead_letter(self, message: ReceivedMessage, reason: str) -> None:
        self._check()
        if self._dead_letters is not None:
            copy = OutgoingMessage(message.body, attributes=dead_letter_attributes(message, reason))
            if await self._dead_letters.send_batch([copy]) != [True]:
                raise QueueUnavailableError("the dead-letter queue refused the copy")
        await self.delete(message.receipt)

    def _check(self) -> None:
        if self.is_down:
            raise QueueUnavailableError("down")

    def _store(self, message: OutgoingMessage) -> bool:
        if message.body in self.refused or not _takes(message):
            return False
        name = f"message-{next(self._numbers)}"
        self._stored[name] = _Stored(
            name, message, time.monotonic() + message.delay_s, attributes=dict(message.attributes)
        )
        return True

    def _take(self, max_messages: int, visibility_s: int) -> list[ReceivedMessage]:
        now = time.monotonic()
        taken: list[ReceivedMessage] = []
        for stored in [each for each in self._stored.values() if each.visible_at <= now]:
            if len(taken) == max_messages:
                break
            if self._dead_letters is not None and stored.receive_count >= self._max_receive_count:
                self._dead_letters._store(stored.message)
                del self._stored[stored.id]
                continue
            stored.receive_count += 1
            stored.visible_at = now + visibility_s
            stored.receipt = f"{stored.id}/{stored.receive_count}"
            taken.append(
                ReceivedMessage(
                    stored.id, stored.message.body, stored.receipt, stored.receive_count, dict(stored.attributes)
                )
            )
        return taken

    def _by_receipt(self, receipt: str) -> _Stored | None:
        stored = self._stored.get(receipt.partition("/")[0])
        return stored if stored is not None and stored.receipt == receipt else None


def _takes(message: OutgoingMessage) -> bool:
    texts = [message.body, *message.attributes.values()]
    if len(message.attributes) > _MAX_ATTRIBUTES or not all(_TEXT.fullmatch(text) for text in texts):
        return False
    names = "".join(name + "String" for name in message.attributes)
    return len("".join([*texts, names]).encode()) <= _MAX_BYTES


class ImpatientQueue(MemoryQueue):
    """A queue whose long poll returns at once."""

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:  # noqa: ARG002
        return await super().receive(max_messages, 0, visibility_s)
