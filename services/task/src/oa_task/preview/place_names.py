"""The names of places in a picture, where they hide no data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import ImageDraw, ImageFont

from oa_task.preview.backdrop import LAND_COLOR
from oa_task.preview.borders import COUNTIES, COUNTRIES, REGIONS, list_names
from oa_task.preview.frame import Frame
from oa_task.preview.place_spans import PlaceLayer

_COLOR = (95, 92, 85)
_SIZE, _HEIGHT_PX, _SPACE_PX = 15, 24, 12
# The widest frame, in degrees, in which a layer has the names, unless it has no place there.
_WIDEST = {COUNTIES: 2.5, REGIONS: 10.0, COUNTRIES: 60.0}
Box = tuple[float, float, float, float]
"""Pixels of the map: left, top, right, bottom."""
_ROWS = 13
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A name, the pixel of its middle and the width of the place there."""

    name: str
    x: float
    y: float
    room_px: float


def draw_names(
    canvas: ImageDraw.ImageDraw, corner: tuple[int, int], frame: Frame, counts: np.ndarray, taken: Iterable[Box]
) -> None:
    """Draw up to three names, those with the most room; `counts` are the points on each pixel of the map.

    `taken` are boxes of the map that have something else.
    """
    font = ImageFont.load_default(_SIZE)
    written: dict[str, Box] = {}
    for place in find_names(frame, (counts.shape[1], counts.shape[0])):
        if place.name in written:
            continue
        half = canvas.textlength(place.name, font=font) / 2 + _SPACE_PX
        box = (place.x - half, place.y - _HEIGHT_PX / 2, place.x + half, place.y + _HEIGHT_PX / 2)
        is_apart = not any(_overlap(box, other) for other in (*written.values(), *taken))
        if 2 * half <= place.room_px and is_apart and not count_in(counts, box):
            middle = (corner[0] + place.x, corner[1] + place.y)
            canvas.text(middle, place.name, _COLOR, font, "mm", stroke_width=2, stroke_fill=LAND_COLOR)
            written[place.name] = box
        if len(written) == _MOST_NAMES:
            return


def find_names(frame: Frame, size: tuple[int, int]) -> list[PlacedName]:
    """Return the places for names in a frame, several for each of its places, those with the most room first."""
    width = frame.east - frame.west
    for layer, widest in _WIDEST.items():
        if width <= widest:
            found = sorted(_find_in_layer(layer, frame, size), key=lambda place: (-place.room_px, place.name, place.y))
            if found:
                return found
    return []


def _find_in_layer(layer: int, frame: Frame, size: tuple[int, int]) -> Iterator[PlacedName]:
    places = PlaceLayer(layer, frame)
    scale = size[0] / (frame.east - frame.west)
    for row in range(_ROWS):
        y = (row + 1) / (_ROWS + 1)
        for span in places.spans(frame.north - y * (frame.north - frame.south)):
            west, east = max(span.west, frame.west), min(span.east, frame.east)
            if east > west and (name := list_names()[span.place]):
                yield PlacedName(name, ((west + east) / 2 - frame.west) * scale, y * size[1], (east - west) * scale)


def count_in(counts: np.ndarray, box: Box) -> int:
    """Return how many pixels of a box have points."""
    left, top, right, bottom = (int(edge) for edge in box)
    return int(np.count_nonzero(counts[max(top, 0) : bottom, max(left, 0) : right]))


def _overlap(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
