"""The port to a message queue; `oa_shared.aws` implements it, `tests/support/fakes` has one in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oa_shared.carriers import MAX_ATTRIBUTES, MAX_QUEUE_BYTES, clean_text, message_bytes, why_not_queued
from oa_shared.errors import OaError

MAX_BATCH = 10
_REASON = "reason"
_MAX_REASON_BYTES = 1000
MAX_HELD_S = 12 * 3600.0


class QueueUnavailableError(OaError):
    """The queue did not answer or refused the call; its effect is unknown."""

    code = "queue.unavailable"
    title = "The message queue is not available."
    retryable = True


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send; it stays hidden for `delay_s` seconds, at most 900."""

    body: str
    delay_s: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One delivery of a message; `receipt` deletes it or returns it to the queue."""

    id: str
    body: str
    receipt: str
    receive_count: int = 1
    attributes: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """The approximate number of messages that are visible, in flight and delayed, and when the queue was created.

    A queue that was created again has lost the messages of before.
    """

    visible: int
    in_flight: int
    delayed: int = 0
    created_at: datetime | None = None


class Queue(Protocol):
    """A queue and its dead-letter queue. Every method raises QueueUnavailableError."""

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        """Send at most ten messages; return for each, in order, whether the queue accepted it.

        A message that the queue does not take never keeps it from taking the others.
        """

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        """Wait up to `wait_s` for up to ten messages and hide them for `visibility_s` seconds."""

    async def delete(self, receipt: str) -> None:
        """Acknowledge a delivery; a stale receipt is not an error."""

    async def delete_batch(self, receipts: Sequence[str]) -> None:
        """Acknowledge at most ten deliveries; one that is not acknowledged is delivered again."""

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        """Hide a delivery for `seconds` from now; 0 returns it to the queue at once."""

    async def release_batch(self, receipts: Sequence[str]) -> None:
        """Return at most ten deliveries to the queue at once; a stale receipt is not an error.

        One that is not returned becomes visible when its time ends.
        """

    async def depth(self) -> QueueDepth:
        """Return the number of messages on the queue."""

    async def dead_letter(self, message: ReceivedMessage, reason: str) -> None:
        """Copy a message with the reason to the dead-letter queue, then acknowledge it.

        The reason may be any text: see `dead_letter_attributes`.
        """


def dead_letter_attributes(message: ReceivedMessage, reason: str) -> dict[str, str]:
    """Return the attributes of a dead letter: those of the message that SQS takes, and the reason as far as it fits."""
    kept = {
        name: value
        for name, value in message.attributes.items()
        if name != _REASON and why_not_queued(".", {name: value}) is None
    }
    attributes = dict(list(kept.items())[: MAX_ATTRIBUTES - 1])
    room = MAX_QUEUE_BYTES - message_bytes(message.body, {**attributes, _REASON: ""})
    text = clean_text(reason or "unknown", max_bytes=max(0, min(_MAX_REASON_BYTES, room)))
    return attributes if room < len(text.encode()) else {**attributes, _REASON: text}
