"""A simulated SQS queue that keeps the quotas of AWS, for hundreds of thousands of messages."""

import asyncio
import heapq
import itertools
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from oa_shared.carriers import message_bytes
from oa_shared.queue import MAX_BATCH, OutgoingMessage, QueueDepth, QueueUnavailableError, ReceivedMessage

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MAX_IN_FLIGHT = 120_000
MAX_CALL_BYTES = 256 * 1024
_STEP_S = 0.005


@dataclass(slots=True)
class _Delivery:
    message: OutgoingMessage
    id: str
    receive_count: int
    visible_at: float


class ScaledQueue:
    """A queue in memory: calls of ten messages and 256 KiB, 120,000 messages in flight, visibility time-outs.

    Raises QueueUnavailableError for a call that exceeds a quota. `most_in_flight` is the peak, `calls` their number.
    """

    def __init__(self) -> None:
        self._ready: deque[_Delivery] = deque()
        self._in_flight: dict[str, _Delivery] = {}
        self._hidden: list[tuple[float, str]] = []
        self._numbers = itertools.count(1)
        self.calls = 0
        self.most_in_flight = 0

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        self._count_call(messages)
        if sum(message_bytes(message.body, message.attributes) for message in messages) > MAX_CALL_BYTES:
            raise QueueUnavailableError("SendMessageBatch: BatchRequestTooLong")
        for message in messages:
            self._ready.append(_Delivery(message, str(next(self._numbers)), 0, 0.0))
        return [True] * len(messages)

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        self._count_call([])
        if max_messages > MAX_BATCH:
            raise QueueUnavailableError("ReceiveMessage: InvalidParameterValue")
        deadline = time.monotonic() + wait_s
        while not (self._show_hidden() or self._ready) and time.monotonic() < deadline:  # noqa: ASYNC110 - time passes
            await asyncio.sleep(_STEP_S)
        if len(self._in_flight) + max_messages > MAX_IN_FLIGHT:
            raise QueueUnavailableError("ReceiveMessage: OverLimit")
        taken: list[ReceivedMessage] = []
        while self._ready and len(taken) < max_messages:
            delivery = self._ready.popleft()
            delivery.receive_count += 1
            receipt = f"{delivery.id}/{delivery.receive_count}"
            self._in_flight[receipt] = delivery
            self._hide(receipt, visibility_s)
            count, attributes = delivery.receive_count, dict(delivery.message.attributes)
            taken.append(ReceivedMessage(delivery.id, delivery.message.body, receipt, count, attributes))
        self.most_in_flight = max(self.most_in_flight, len(self._in_flight))
        return taken

    async def delete(self, receipt: str) -> None:
        await self.delete_batch([receipt])

    async def delete_batch(self, receipts: Sequence[str]) -> None:
        self._count_call(receipts)
        for receipt in receipts:
            self._in_flight.pop(receipt, None)

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        self._count_call([receipt])
        if receipt in self._in_flight:
            self._hide(receipt, seconds)

    async def release_batch(self, receipts: Sequence[str]) -> None:
        self._count_call(receipts)
        for receipt in receipts:
            if receipt in self._in_flight:
                self._hide(receipt, 0)

    async def depth(self) -> QueueDepth:
        return QueueDepth(visible=len(self._ready), in_flight=len(self._in_flight))

    async def dead_letter(self, message: ReceivedMessage, reason: str) -> None:
        raise AssertionError(f"message {message.id} is a dead letter: {reason}")

    def _count_call(self, items: Sequence[object]) -> None:
        self.calls += 1
        if len(items) > MAX_BATCH:
            raise QueueUnavailableError("TooManyEntriesInBatchRequest")

    def _hide(self, receipt: str, seconds: int) -> None:
        until = time.monotonic() + seconds
        self._in_flight[receipt].visible_at = until
        heapq.heappush(self._hidden, (until, receipt))

    def _show_hidden(self) -> bool:
        """Return deliveries whose visibility time-out is over to the queue; return whether it has messages then."""
        now = time.monotonic()
        while self._hidden and self._hidden[0][0] <= now:
            _, receipt = heapq.heappop(self._hidden)
            delivery = self._in_flight.get(receipt)
            if delivery is not None and delivery.visible_at <= now:
                self._ready.append(self._in_flight.pop(receipt))
        return bool(self._ready)
