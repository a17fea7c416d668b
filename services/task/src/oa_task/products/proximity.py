"""The kept rows of one address, searched by distance."""

import math
from typing import ClassVar

NEAR_M = 100.0
_DEGREE_M = 111_195.0
_BAND = NEAR_M / _DEGREE_M
_CELL_ROWS = 64
_Row = tuple[int, float, float, int]
_Cell = tuple[int, int]


class KeptAddresses:
    """The kept rows of one number, street and unit; a row is its rank, coordinates and postcode (0 if missing).

    A row duplicates a kept one within NEAR_M, unless both have different postcodes. Among many rows, the search is
    limited to the cells around, and to the first 64 rows of a cell.
    """

    FEW: ClassVar[int] = 32

    def __init__(self, *, is_large: bool) -> None:
        self._is_large = is_large
        self._few: list[_Row] = []
        self._cells: dict[_Cell, list[_Row]] = {}

    def add(self, rank: int, x: float, y: float, postcode: int) -> None:
        """Add a kept row."""
        if not self._is_large:
            self._few.append((rank, x, y, postcode))
            return
        band = _band(y)
        cell = self._cells.setdefault((band, _column(x, band)), [])
        if len(cell) < _CELL_ROWS:
            cell.append((rank, x, y, postcode))

    def best_duplicate_rank(self, x: float, y: float, postcode: int) -> int | None:
        """Return the best rank of the kept rows that this row duplicates, None if there are none."""
        candidates = self._around(x, y) if self._is_large else self._few
        ranks = [rank for rank, *other in candidates if _is_duplicate(other, x, y, postcode)]
        return min(ranks, default=None)

    def _around(self, x: float, y: float) -> list[_Row]:
        rows: list[_Row] = []
        middle = _band(y)
        for band in (middle - 1, middle, middle + 1):
            count, column = _columns(band), _column(x, band)
            for number in {(column - 1) % count, column, (column + 1) % count}:
                rows += self._cells.get((band, number), ())
        return rows


def _is_duplicate(other: list[float], x: float, y: float, postcode: int) -> bool:
    other_x, other_y, other_postcode = other
    if postcode and other_postcode and postcode != other_postcode:
        return False
    return distance_m(x, y, other_x, other_y) <= NEAR_M


def distance_m(x: float, y: float, other_x: float, other_y: float) -> float:
    """Return the distance of two nearby points on a sphere, in meters."""
    east = abs(x - other_x) % 360.0
    east = min(east, 360.0 - east) * math.cos(math.radians((y + other_y) / 2))
    return math.hypot(east, y - other_y) * _DEGREE_M


def _band(y: float) -> int:
    return math.floor(y / _BAND)


def _columns(band: int) -> int:
    """Return the number of cells around the earth in a band of latitude; none is narrower than NEAR_M."""
    farthest = min(max(abs(band), abs(band + 1)) * _BAND + _BAND, 90.0)
    return max(math.floor(360.0 * math.cos(math.radians(farthest)) / _BAND), 1)


def _column(x: float, band: int) -> int:
    count = _columns(band)
    return math.floor((x + 180.0) / 360.0 * count) % count
