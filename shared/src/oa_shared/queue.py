"""What the services ask of a message queue; `oa_shared.aws` has the real one, `tests/fakes` one in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oa_shared.errors import OaError

MAX_BATCH = 10
MAX_HELD_S = 12 * 3600.0


class QueueUnavailableError(OaError):
    """The queue cannot be reached, or refused the call; nothing is known of what it did."""

    code = "queue.unavailable"
    title = "The message queue is not available."
    retryable = True


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A body to send, not before `delay_s` seconds (at most 900) from now."""

    body: str
    delay_s: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message in hand; `receipt` is what deletes or hands back this delivery of it."""

    id: str
    body: str
    receipt: str
    receive_count: int = 1
    attributes: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many messages wait, are in hand, and wait for their delay; SQS calls these approximate."""

    visible: int
    in_flight: int
    delayed: int = 0


class Queue(Protocol):
    """A queue and its dead-letter queue. Every method raises QueueUnavailableError."""

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        """Send at most ten; the flags say which were accepted, in order."""

    async def receive(self, max_messages: int, wait_s: float, visibility_s: int) -> list[ReceivedMessage]:
        """Wait up to `wait_s` for up to ten messages and hide them for `visibility_s` seconds."""

    async def delete(self, receipt: str) -> None:
        """Acknowledge a delivery; a stale receipt is not an error."""

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        """Hide a delivery for `seconds` from now; 0 hands it back at once."""

    async def depth(self) -> QueueDepth:
        """Count what is on the queue."""

    async def dead_letter(self, message: ReceivedMessage, reason: str) -> None:
        """Put a message that nobody can read on the dead-letter queue, then acknowledge it."""
