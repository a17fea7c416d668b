"""The outcomes of handled messages: how to settle each message."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from oa_shared.queue import ReceivedMessage

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


Outcome = Ack | RetryAfter | DependencyDown | DeadLetter


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of one message of a batch, and the IDs that its log line has."""

    outcome: Outcome
    log_ids: dict[str, object] = field(default_factory=dict)


# Returns one settlement for each message, in order.
BatchHandler = Callable[[Sequence[ReceivedMessage]], Awaitable[Sequence[Settlement]]]
