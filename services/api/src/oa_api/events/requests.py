"""What requests for events say, after validation."""

from dataclasses import dataclass

from oa_api.events.cursor import Cursor


@dataclass(frozen=True, kw_only=True, slots=True)
class EventQuery:
    """Which events to return, from where, and in which order."""

    run: int | None
    job: int | None
    kind: frozenset[str] | None
    after: Cursor | None
    cursor: Cursor | None
    order: str
    limit: int
