"""The paging strategy of last resort: boxes of the extent, divided until a response has all features of its box."""

import json
from dataclasses import dataclass, field

from oa_task.download.esri.client import EsriRequestError
from oa_task.download.esri.page import EsriPage, ObjectId
from oa_task.download.esri.page_ranges import Overlap, PageRange

_DEPTH = 20
_QUARTERS = 4
_MAX_BOXES, _BOXES_PER_PAGE = 2_000, 20


@dataclass(slots=True)
class Quarters:
    """Boxes of the extent, divided while a box has more features than a page; a box is a range of the Z-order curve."""

    extent: tuple[float, float, float, float]
    srs: str
    most: int
    condition: str
    is_counted: bool
    name: str = "quarters of the extent"
    start: int = 0
    stop: int = _QUARTERS**_DEPTH
    overlap: Overlap = Overlap.AT_EDGES
    _last_ids: list[ObjectId] = field(default_factory=list)
    _repeats: int = 0
    _boxes: int = 0
    _features: int = 0
    _largest: int = 1

    def width(self, page: int) -> int:  # noqa: ARG002 - the number of features in a box is unknown
        """Return the length of the whole extent."""
        return self.stop

    def pieces(self, page_range: PageRange) -> list[PageRange]:
        """Return the quarters of a box."""
        if len(page_range) <= 1:
            return [page_range]
        step = len(page_range) // _QUARTERS
        return [PageRange(start, start + step) for start in range(page_range.start, page_range.stop, step)]

    def parameters(self, page_range: PageRange) -> dict[str, str]:
        """Return the query for features that intersect a box.

        Raises EsriRequestError after many more boxes than the features need: the server always reports more features,
        or failures divide the boxes.
        """
        self._boxes += 1
        if self._boxes > _MAX_BOXES + _BOXES_PER_PAGE * self._features // self.most:
            raise EsriRequestError(f"the features need more than {self._boxes - 1:,} boxes")
        sides = dict(zip(("xmin", "ymin", "xmax", "ymax"), self._box(page_range), strict=True))
        return {
            "where": self.condition,
            "geometry": json.dumps({**sides, "spatialReference": json.loads(self.srs)}),
            "geometryType": "esriGeometryEnvelope",
            "spatialRel": "esriSpatialRelIntersects",
        }

    def rest(self, page_range: PageRange, page: EsriPage) -> list[PageRange]:
        """Return the quarters if the page is truncated, by its flag or by its number of features.

        Without a count of the server, a box is complete only if it has fewer features than the largest response: the
        server may truncate without a word. Raises EsriRequestError if boxes do not separate the features.
        """
        size = len(page.features)
        may_be_cut = page.is_cut or size >= self.most or (not self.is_counted and size >= self._largest)
        is_full = size > 0 and may_be_cut
        self._largest = max(self._largest, size)
        self._features += 0 if is_full else size
        self._repeats = self._repeats + 1 if is_full and page.ids == self._last_ids else 0
        self._last_ids = page.ids
        if self._repeats > _DEPTH:
            raise EsriRequestError("the server sends the same features for every box")
        return self.pieces(page_range) if is_full and len(page_range) > 1 else []

    def _box(self, page_range: PageRange) -> tuple[float, float, float, float]:
        """Return the box of a range: two bits of its start select each quarter, its length is the number of levels."""
        west, south, east, north = self.extent
        size = self.stop
        while size > len(page_range):
            size //= _QUARTERS
            quarter = page_range.start // size % _QUARTERS
            middle_x, middle_y = (west + east) / 2, (south + north) / 2
            west, east = (middle_x, east) if quarter & 1 else (west, middle_x)
            south, north = (middle_y, north) if quarter & 2 else (south, middle_y)
        return west, south, east, north
