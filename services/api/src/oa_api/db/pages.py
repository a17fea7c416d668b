"""A page of a list: its rows, whether another page follows, and the total."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from oa_api.db.counting import Total

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """Some rows of a list. `total` is None for lists that are not counted."""

    rows: Sequence[_Row]
    has_more: bool
    total: Total | None = None

    @classmethod
    def cut(cls, rows: Sequence[_Row], limit: int, total: Total | None = None) -> Self:
        """Return the first `limit` rows; the statement reads one more, to find out whether a page follows."""
        return cls(rows[:limit], has_more=len(rows) > limit, total=total)
