"""The paging strategies by offsets and object IDs, each as ranges of integers.

One query requests one range. If its page does not cover the range, `rest` returns further ranges; if those start where
the range starts, the scheduler discards the page. So one scheduler can run all strategies.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

from oa_shared.value_text import plural
from oa_task.download.esri.client import EsriRequestError
from oa_task.download.esri.page import EsriPage


class Overlap(Enum):
    """Whether two responses of a paging strategy may have the same feature."""

    NONE = auto()
    BY_MISTAKE = auto()  # the order of the server changed between the responses, or it ignores the offset
    AT_EDGES = auto()  # a feature intersects two boxes


@dataclass(frozen=True, slots=True, order=True)
class PageRange:
    """The integers from `start` up to but without `stop`; queries for it have failed `failures` times."""

    start: int
    stop: int
    failures: int = 0

    def __len__(self) -> int:
        return self.stop - self.start

    def with_failure(self) -> "PageRange":
        """Return the same range with one more failure."""
        return replace(self, failures=self.failures + 1)


class PagingStrategy(Protocol):
    """One paging strategy."""

    name: str
    start: int
    stop: int
    overlap: Overlap

    def width(self, page: int) -> int:
        """Return the length of a range for a page of `page` features."""

    def pieces(self, page_range: PageRange) -> list[PageRange]:
        """Return the parts of a range; the range itself if it cannot be divided."""

    def parameters(self, page_range: PageRange) -> dict[str, str]:
        """Return the query for a range."""

    def rest(self, page_range: PageRange, page: EsriPage) -> list[PageRange]:
        """Return the ranges that a page leaves open. Raises EsriRequestError if the server ignores the query."""


def halve(page_range: PageRange) -> list[PageRange]:
    """Return the halves of a range."""
    if len(page_range) <= 1:
        return [page_range]
    middle = (page_range.start + page_range.stop) // 2
    return [PageRange(page_range.start, middle), PageRange(middle, page_range.stop)]


class _OnePerFeature:
    """Ranges in which one integer stands for about one feature."""

    def width(self, page: int) -> int:
        """Return the number of features of a page."""
        return page

    def pieces(self, page_range: PageRange) -> list[PageRange]:
        """Return the halves of a range."""
        return halve(page_range)


@dataclass
class Offsets(_OnePerFeature):
    """`resultOffset` up to the announced count, and further as long as the server reports more features."""

    stop: int
    order_by: str | None
    condition: str
    widest: int
    is_counted: bool = True
    name: str = "offsets"
    start: int = 0
    overlap: Overlap = Overlap.BY_MISTAKE
    _has_flag: bool = False

    def width(self, page: int) -> int:
        """Return the number of features of a page, up to the widest page."""
        return min(page, self.widest)

    def parameters(self, page_range: PageRange) -> dict[str, str]:
        """Return the query for offsets in the order of the server."""
        order = {"orderByFields": self.order_by} if self.order_by else {}
        return {
            "where": self.condition,
            "resultOffset": str(page_range.start),
            "resultRecordCount": str(len(page_range)),
            **order,
        }

    def rest(self, page_range: PageRange, page: EsriPage) -> list[PageRange]:
        """Return the missing part; after the last range the next one if there may be more features.

        A server that has never reported more features may not report them at all: then only an empty page is the end.
        Raises EsriRequestError for an empty page in the middle.
        """
        self._has_flag |= page.is_cut
        end = page_range.start + len(page.features)
        if end > page_range.stop:
            raise EsriRequestError(
                f"the server sent {plural(len(page.features), 'feature')} of {len(page_range):,} requested ones"
            )
        if end == page_range.stop:
            may_have_more = page.is_cut or not self._has_flag or not self.is_counted
            return [PageRange(end, end + len(page_range))] if may_have_more and page_range.stop >= self.stop else []
        is_gap = page.is_cut and not (self.is_counted and page_range.start >= self.stop)
        if not page.features and is_gap:
            raise EsriRequestError(f"the server sent an empty page at offset {page_range.start:,} and reports more")
        return [PageRange(end, page_range.stop)] if page.features else []


@dataclass
class IdRanges(_OnePerFeature):
    """Ranges of object IDs between minimum and maximum; there is one feature per `spread` IDs on average."""

    oid: str
    start: int
    stop: int
    spread: float
    most: int
    has_unique_ids: bool = True
    name: str = "object id ranges"
    overlap: Overlap = Overlap.NONE

    def width(self, page: int) -> int:
        """Return the number of IDs that contain a page on average."""
        return max(1, int(page * self.spread))

    def parameters(self, page_range: PageRange) -> dict[str, str]:
        """Return the query for the IDs in a range."""
        return {"where": f"{self.oid} >= {page_range.start} AND {self.oid} <= {page_range.stop - 1}"}

    def rest(self, page_range: PageRange, page: EsriPage) -> list[PageRange]:
        """Return the halves if the page is truncated, by its flag or by its number of features."""
        _check_ids(page, self.oid, page_range.start, page_range.stop - 1)
        is_covered = self.has_unique_ids and len(page.features) == len(page_range)
        may_lack = page.is_cut or len(page.features) >= self.most
        return halve(page_range) if len(page_range) > 1 and may_lack and not is_covered else []


@dataclass
class IdList(_OnePerFeature):
    """Ranges of the sorted list of all object IDs."""

    oid: str
    ids: list[int]
    has_unique_ids: bool = True
    name: str = "object id list"
    start: int = 0
    stop: int = field(init=False)
    overlap: Overlap = Overlap.NONE

    def __post_init__(self) -> None:
        self.stop = len(self.ids)

    def parameters(self, page_range: PageRange) -> dict[str, str]:
        """Return the query for the IDs from the first to the last of a range."""
        first, last = self.ids[page_range.start], self.ids[page_range.stop - 1]
        return {"where": f"{self.oid} >= {first} AND {self.oid} <= {last}"}

    def rest(self, page_range: PageRange, page: EsriPage) -> list[PageRange]:
        """Return the halves if an ID is missing, or if the page may lack further features of its IDs."""
        _check_ids(page, self.oid, self.ids[page_range.start], self.ids[page_range.stop - 1])
        is_short = bool(set(self.ids[page_range.start : page_range.stop]) - set(page.ids))
        may_lack = is_short or (page.is_cut and not self.has_unique_ids)
        return halve(page_range) if may_lack and len(page_range) > 1 else []


def _check_ids(page: EsriPage, oid: str, first: int, last: int) -> None:
    """Raise EsriRequestError if the server ignores the range of IDs, or omits the IDs."""
    for identifier in page.ids:
        if not isinstance(identifier, int) or not first <= identifier <= last:
            raise EsriRequestError(
                f"the server sent a feature with {oid} {identifier!r}; the request was for {first} to {last}"
            )


def sort_ids(values: object) -> list[int]:
    """Return the IDs of a server in order. Raises EsriRequestError if they are not integers."""
    if not isinstance(values, list) or not all(isinstance(value, int) for value in values):
        raise EsriRequestError("the server sent no list of integer object IDs")
    return sorted(values)
