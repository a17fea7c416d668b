"""Where a row of latitude is in which country, region or county: from the lines that bound them."""

from dataclasses import dataclass

import numpy as np

from oa_task.preview.borders import COUNTIES, COUNTRIES, NO_PLACE, REGIONS, read_pieces
from oa_task.preview.frame import Frame

# How many degrees around a frame are read: a place that reaches beyond them has no name.
_REACHES = {COUNTIES: 2.0, REGIONS: 8.0, COUNTRIES: 30.0}


@dataclass(frozen=True, slots=True)
class PlaceSpan:
    """A part of a row of latitude that is in a place: its edges in degrees of longitude."""

    place: int
    west: float
    east: float


class PlaceLayer:
    """The places of a layer around a frame."""

    def __init__(self, layer: int, frame: Frame) -> None:
        more = _REACHES[layer]
        wide = Frame(frame.west - more, frame.south - more, frame.east + more, frame.north + more)
        pieces = read_pieces(layer, wide)
        x, y = pieces.points
        is_step = np.ones(max(len(x) - 1, 0), dtype=bool)
        is_step[pieces.starts[1:-1] - 1] = False
        self._from = np.stack((x[:-1], y[:-1]))[:, is_step]
        self._to = np.stack((x[1:], y[1:]))[:, is_step]
        self._owners = np.repeat(pieces.owners, np.diff(pieces.starts) - 1, axis=1)
        self._pieces = pieces

    def spans(self, latitude: float) -> list[PlaceSpan]:
        """Return the spans of all places on a row: between each odd crossing of a place's outline and the next."""
        crosses = (self._from[1] > latitude) != (self._to[1] > latitude)
        (x, y), (next_x, next_y) = self._from[:, crosses], self._to[:, crosses]
        owners = self._owners[:, crosses].reshape(-1)
        longitudes = np.tile(x + (next_x - x) * (latitude - y) / (next_y - y), 2)
        order = np.lexsort((longitudes, owners))
        crossings: dict[int, list[float]] = {}
        for owner, longitude in zip(owners[order].tolist(), longitudes[order].tolist(), strict=True):
            if owner != NO_PLACE:
                crossings.setdefault(owner, []).append(longitude)
        # An odd number: a side is beyond what was read.
        complete = ((owner, edges) for owner, edges in crossings.items() if len(edges) % 2 == 0)
        return [
            PlaceSpan(owner, west, east)
            for owner, edges in complete
            for west, east in zip(edges[::2], edges[1::2], strict=True)
        ]

    def find(self, longitude: float, latitude: float) -> int | None:
        """Return the place of a point, None if it is in none."""
        inside = (span.place for span in self.spans(latitude) if span.west <= longitude <= span.east)
        return next(inside, None)

    def bounds(self, place: int) -> Frame:
        """Return the bounds of a place."""
        is_own = np.repeat((self._pieces.owners == place).any(axis=0), np.diff(self._pieces.starts))
        x, y = self._pieces.points[:, is_own]
        return Frame(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
