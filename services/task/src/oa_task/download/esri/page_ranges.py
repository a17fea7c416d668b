"""The ways to ask for all features of a layer, best first, each as windows over a line of whole numbers.

A window is asked for at once. What a page leaves of it is returned as further windows; if they begin where the window
begins, the page is thrown away. So one pump can run all of them.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from oa_task.download.esri.client import EsriRequestError
from oa_task.download.esri.page import EsriPage

_DEPTH = 20
_QUARTERS = 4


@dataclass(frozen=True, slots=True, order=True)
class PageRange:
    """Whole numbers from `start` to before `stop`, asked for `failures` times in vain."""

    start: int
    stop: int
    failures: int = 0

    def __len__(self) -> int:
        return self.stop - self.start

    def failed(self) -> "PageRange":
        """Return the same window, asked for once more in vain."""
        return replace(self, failures=self.failures + 1)


class PageRanges(Protocol):
    """One way to ask."""

    name: str
    start: int
    stop: int

    def width(self, page: int) -> int:
        """Return how wide a window for a page of features is."""

    def pieces(self, window: PageRange) -> list[PageRange]:
        """Return a window in smaller ones; one that cannot be smaller alone."""

    def parameters(self, window: PageRange) -> dict[str, str]:
        """Return the question for a window."""

    def rest(self, window: PageRange, page: EsriPage) -> list[PageRange]:
        """Return what a page leaves of its window. Raises RefusedError when the server does not do as asked."""


def halve(window: PageRange) -> list[PageRange]:
    """Return the halves of a window."""
    if len(window) <= 1:
        return [window]
    middle = (window.start + window.stop) // 2
    return [PageRange(window.start, middle), PageRange(middle, window.stop)]


class _Line:
    """A line on which one number stands for about one feature."""

    def width(self, page: int) -> int:
        """Return a page's number of features."""
        return page

    def pieces(self, window: PageRange) -> list[PageRange]:
        """Return the halves of a window."""
        return halve(window)


@dataclass
class Offsets(_Line):
    """`resultOffset` up to the claimed count, and on from there while the server says that there is more."""

    stop: int
    order_by: str | None
    name: str = "offsets"
    start: int = 0

    def parameters(self, window: PageRange) -> dict[str, str]:
        """Ask for places in the order of the server."""
        order = {"orderByFields": f"{self.order_by} ASC"} if self.order_by else {}
        return {
            "where": "1=1",
            "resultOffset": str(window.start),
            "resultRecordCount": str(len(window)),
            **order,
        }

    def rest(self, window: PageRange, page: EsriPage) -> list[PageRange]:
        """Return the part that did not come; after the last one what the server says there is more of."""
        came = window.start + len(page.features)
        if came > window.stop:
            raise EsriRequestError(f"{len(page.features):,} features came where {len(window):,} were asked for")
        if came == window.stop:
            is_grown = page.is_cut and window.stop >= self.stop
            return [PageRange(came, came + len(window))] if is_grown else []
        return [PageRange(came, window.stop)] if page.features else []


@dataclass
class IdRanges(_Line):
    """Ranges of object ids between the least and the greatest; `spread` ids hold one feature on average."""

    oid: str
    start: int
    stop: int
    spread: float
    most: int
    name: str = "object id ranges"

    def width(self, page: int) -> int:
        """Return the ids that hold a page on average."""
        return max(1, int(page * self.spread))

    def parameters(self, window: PageRange) -> dict[str, str]:
        """Ask for the ids of a window."""
        return {"where": f"{self.oid} >= {window.start} AND {self.oid} <= {window.stop - 1}"}

    def rest(self, window: PageRange, page: EsriPage) -> list[PageRange]:
        """Return halves while the server says, or shows, that it cut the answer."""
        _check_ids(page, self.oid, window.start, window.stop - 1)
        is_full = len(window) > len(page.features) >= self.most
        return halve(window) if len(window) > 1 and (page.is_cut or is_full) else []


@dataclass
class IdList(_Line):
    """Runs of the sorted list of all object ids."""

    oid: str
    ids: list[int]
    name: str = "object id list"
    start: int = 0
    stop: int = field(init=False)

    def __post_init__(self) -> None:
        self.stop = len(self.ids)

    def parameters(self, window: PageRange) -> dict[str, str]:
        """Ask for the ids from the first to the last of a window."""
        first, last = self.ids[window.start], self.ids[window.stop - 1]
        return {"where": f"{self.oid} >= {first} AND {self.oid} <= {last}"}

    def rest(self, window: PageRange, page: EsriPage) -> list[PageRange]:
        """Return halves while features are missing: their number is known."""
        _check_ids(page, self.oid, self.ids[window.start], self.ids[window.stop - 1])
        is_short = len(page.features) < len(window)
        return halve(window) if is_short and len(window) > 1 else []


@dataclass(slots=True)
class Quarters:
    """The extent, quartered while a box holds more than the server sends; a box is a run of the Z-order curve."""

    extent: tuple[float, float, float, float]
    srs: str
    most: int
    name: str = "quarters of the extent"
    start: int = 0
    stop: int = _QUARTERS**_DEPTH
    _last_ids: list[Any] = field(default_factory=list)
    _repeats: int = 0

    def width(self, page: int) -> int:  # noqa: ARG002 - a box says nothing of what is in it
        """Return the whole extent."""
        return self.stop

    def pieces(self, window: PageRange) -> list[PageRange]:
        """Return the quarters of a box."""
        if len(window) <= 1:
            return [window]
        step = len(window) // _QUARTERS
        return [PageRange(start, start + step) for start in range(window.start, window.stop, step)]

    def parameters(self, window: PageRange) -> dict[str, str]:
        """Ask for what touches a box."""
        sides = dict(zip(("xmin", "ymin", "xmax", "ymax"), self._box(window), strict=True))
        return {
            "where": "1=1",
            "geometry": json.dumps({**sides, "spatialReference": json.loads(self.srs)}),
            "geometryType": "esriGeometryEnvelope",
            "spatialRel": "esriSpatialRelIntersects",
        }

    def rest(self, window: PageRange, page: EsriPage) -> list[PageRange]:
        """Return quarters while the server says, or shows, that it cut the answer."""
        is_full = page.is_cut or len(page.features) >= self.most
        self._repeats = self._repeats + 1 if is_full and page.ids == self._last_ids else 0
        self._last_ids = page.ids
        if self._repeats > _DEPTH:
            raise EsriRequestError("the server answers the same for every box")
        return self.pieces(window) if is_full and len(window) > 1 else []

    def _box(self, window: PageRange) -> tuple[float, float, float, float]:
        """Return the box of a run: every two bits of its start are one step down, its length says how many."""
        west, south, east, north = self.extent
        size = self.stop
        while size > len(window):
            size //= _QUARTERS
            quarter = window.start // size % _QUARTERS
            middle_x, middle_y = (west + east) / 2, (south + north) / 2
            west, east = (middle_x, east) if quarter & 1 else (west, middle_x)
            south, north = (middle_y, north) if quarter & 2 else (south, middle_y)
        return west, south, east, north


def _check_ids(page: EsriPage, oid: str, first: int, last: int) -> None:
    """Raise RefusedError when a server ignores the range of ids, or leaves the ids out."""
    for found in page.ids:
        if not isinstance(found, int) or not first <= found <= last:
            raise EsriRequestError(f"a feature with {oid} {found!r} came where {first} to {last} were asked for")


def sort_ids(values: Any) -> list[int]:
    """Return a server's list of ids in order, each once. Raises RefusedError unless they are whole numbers."""
    if not isinstance(values, list) or not all(isinstance(value, int) for value in values):
        raise EsriRequestError("the server gives no list of whole object ids")
    return list(dict.fromkeys(sorted(values)))
