"""Positions in the feed of events."""

import re
from typing import NamedTuple, Self

from oa_shared.errors import OaError

MAX_XID, MAX_ROW = 2**64 - 1, 2**63 - 1
_TEXT = re.compile(r"([0-9]{1,20})-([0-9]{1,19})")


class InvalidCursorError(OaError):
    """A text is not the ID of an event."""

    code = "invalid_cursor"
    title = "This is not the ID of an event."


class Cursor(NamedTuple):
    """The ID of an event: its transaction and its row; on the wire `<xid>-<row>`."""

    xid: int
    row: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the cursor of a text. Raises InvalidCursorError."""
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) > MAX_XID or int(match[2]) > MAX_ROW:
            raise InvalidCursorError(f"{text[:60]!r} is not the ID of an event, such as 812-4031")
        return cls(int(match[1]), int(match[2]))

    @property
    def previous(self) -> "Cursor":
        """Return the position directly before."""
        return Cursor(self.xid, self.row - 1)

    def __str__(self) -> str:
        return f"{self.xid}-{self.row}"


START, END = Cursor(0, 0), Cursor(MAX_XID, MAX_ROW)
