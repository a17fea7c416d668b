"""The rows that the queries of pauses return."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PauseNotice:
    """An active pause, as every page and a job that waits for its end show it."""

    id: int
    scope: str
    value: str
    reason: str
    actor: str
    created_at: datetime
    until: datetime | None

    @property
    def label(self) -> str:
        """Return what the pause applies to: `all`, `lane weekly`."""
        return pause_label(self.scope, self.value)


@dataclass(frozen=True, slots=True)
class PauseRow(PauseNotice):
    """A pause, active or ended; `waiting` counts the job messages that it keeps back, up to 10,000."""

    ended_by: str | None
    ended_at: datetime | None
    waiting: int


def pause_label(scope: str, value: str) -> str:
    """Return what a pause of this scope and value applies to: `all`, `lane weekly`."""
    return f"{scope} {value}".strip()
