"""What requests about dead letters say, after validation."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from oa_api.http.schemas import Slice


class DeadLetterAction(StrEnum):
    """What an operator does with dead letters."""

    REDRIVE = "redrive"
    DISCARD = "discard"


class DeadLetterSelection(Protocol):
    """Dead letters by kind, reason and job; None matches any."""

    @property
    def kind(self) -> str | None:
        """The kind of message."""

    @property
    def reason_contains(self) -> str | None:
        """A part of the reason."""

    @property
    def job(self) -> int | None:
        """The job that the message is about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetterListFilter(Slice):
    """Which dead letters to list."""

    kind: str | None
    reason_contains: str | None
    job: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetterPageFilter:
    """Which dead letters the page shows; the first queue without `queue`."""

    queue: str | None
    kind: str | None
    reason_contains: str | None
    job: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetterCommand:
    """Which dead letters to redrive or discard: the IDs in `messages`, or those that the other fields select."""

    kind: str | None
    reason_contains: str | None
    job: int | None
    messages: list[str] | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetterForm:
    """A form of the page: one message by its ID, or those of the filter."""

    kind: str | None
    reason_contains: str | None
    job: int | None
    action: DeadLetterAction
    message: str | None
    reason: str = ""

    def command(self) -> DeadLetterCommand:
        """Return the request of the form in the shape of the API."""
        return DeadLetterCommand(
            kind=self.kind,
            reason_contains=self.reason_contains,
            job=self.job,
            messages=[self.message] if self.message else None,
            reason=self.reason,
        )
