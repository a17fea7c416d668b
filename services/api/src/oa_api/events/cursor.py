"""Places in the feed, and who wants to hear what."""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from oa_api.db.database import Row
from oa_shared.errors import OaError

MAX_XID, MAX_ROW = 2**64 - 1, 2**63 - 1
_TEXT = re.compile(r"([0-9]{1,20})-([0-9]{1,19})")


class NoPositionError(OaError):
    """A text is not the id of an event."""

    code = "no_position"
    title = "This is not the id of an event."


class Cursor(NamedTuple):
    """The id of an event: its transaction and its row; on the wire `<xid>-<row>`."""

    xid: int
    row: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a client sends. Raises NoPositionError."""
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) > MAX_XID or int(match[2]) > MAX_ROW:
            raise NoPositionError(f"{text[:60]!r} is not the id of an event, like 812-4031")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the place of a row of the feed."""
        return cls(int(row["xid"]), row["row_id"])

    def __str__(self) -> str:
        return f"{self.xid}-{self.row}"


START, END = Cursor(0, 0), Cursor(MAX_XID, MAX_ROW)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; None is all."""

    run: int | None = None
    job: int | None = None
    kinds: frozenset[str] | None = None

    def wants(self, row: Row) -> bool:
        """Return whether an event is one of these."""
        return (
            self.run in (None, row["run"])
            and self.job in (None, row["job"])
            and (self.kinds is None or row["kind"] in self.kinds)
        )

    def wants_run(self, run: int) -> bool:
        """Return whether the counts of a run are wanted."""
        return self.job is None and self.run in (None, run)


def span(interest: EventFilter, *, after: Cursor = START, until: Cursor = END, limit: int) -> dict[str, Any]:
    """Return SQL parameters: the wanted events after one place, up to and with another.

    Neither end of the feed is a limit: the planner would take one for something that few rows are beyond.
    """
    return {
        "after_xid": str(after.xid) if after != START else None,
        "after_id": after.row,
        "until_xid": str(until.xid) if until != END else None,
        "until_id": until.row,
        "run": interest.run,
        "job": interest.job,
        "kind": sorted(interest.kinds) if interest.kinds is not None else None,
        "limit": limit,
    }
