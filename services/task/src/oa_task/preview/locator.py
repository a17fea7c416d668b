"""A small map in a corner of the picture of a small area: the county or region around it."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from oa_task.preview.backdrop import draw_backdrop
from oa_task.preview.borders import COUNTIES, COUNTRIES, REGIONS, list_names
from oa_task.preview.frame import Frame, surround
from oa_task.preview.place_names import Box, count_in
from oa_task.preview.place_spans import PlaceLayer

_SIZE = (216, 144)
_STRIP_PX, _MARGIN_PX = 24, 12
_PAPER, _EDGE, _INK, _MARK = (255, 255, 255), (190, 186, 176), (38, 42, 48), (196, 62, 46)
_FONT_SIZE = 13
_LEAST_MARK_PX = 8
_SHARE = 0.5
"""A frame with a greater part of the height and width of its place needs no small map."""
_WIDEST = 3.0
_LEAST_DEGREES = 0.5
"""A narrower small map would have no coast."""
_HIDDEN_SHARE = 0.002


def draw_locator(image: Image.Image, corner: tuple[int, int], frame: Frame, counts: np.ndarray) -> Box | None:
    """Draw the small map of a frame in the emptiest corner of the map and return its box there.

    None if it would hide data or the frame is large. `corner` is the upper left pixel of the map, `counts` are the
    points on each of its pixels.
    """
    box = min(_boxes(counts), key=lambda each: count_in(counts, each))
    if frame.east - frame.west > _WIDEST or count_in(counts, box) > _HIDDEN_SHARE * np.count_nonzero(counts):
        return None
    around = _find_surroundings(frame)
    if around is None:
        return None
    name, wide = around
    left, top = corner[0] + int(box[0]), corner[1] + int(box[1])
    image.paste(_draw_small_map(frame, wide), (left, top))
    canvas = ImageDraw.Draw(image)
    right, bottom = left + _SIZE[0], top + _SIZE[1]
    canvas.rectangle((left, bottom, right, bottom + _STRIP_PX), fill=_PAPER, outline=_EDGE)
    canvas.rectangle((left, top, right, bottom + _STRIP_PX), outline=_EDGE)
    font = ImageFont.load_default(_FONT_SIZE)
    while len(name) > 1 and canvas.textlength(name, font=font) > _SIZE[0] - _MARGIN_PX:
        name = f"{name.rstrip('.')[:-1]}..."
    canvas.text((left + _SIZE[0] / 2, bottom + _STRIP_PX / 2), name, fill=_INK, font=font, anchor="mm")
    return box


def _boxes(counts: np.ndarray) -> Iterator[Box]:
    """Yield the box of the small map in each corner but that of the scale."""
    height, width = counts.shape
    right, bottom = width - _SIZE[0] - _MARGIN_PX, height - _SIZE[1] - _STRIP_PX - _MARGIN_PX
    for left, top in ((right, _MARGIN_PX), (_MARGIN_PX, _MARGIN_PX), (_MARGIN_PX, bottom)):
        yield left, top, left + _SIZE[0] + 1, top + _SIZE[1] + _STRIP_PX + 1


def _find_surroundings(frame: Frame) -> tuple[str, Frame] | None:
    """Return the name and the surroundings of the smallest place that is much larger than a frame."""
    longitude, latitude = (frame.west + frame.east) / 2, (frame.south + frame.north) / 2
    names = list_names()
    found: tuple[str, Frame] | None = None
    for layer in (COUNTIES, REGIONS, COUNTRIES):
        places = PlaceLayer(layer, frame)
        place = places.find(longitude, latitude)
        if place is None:
            continue
        if found is not None:
            return f"{found[0]}, {names[place]}", found[1]
        around = places.bounds(place)
        if max((frame.east - frame.west) / (around.east - around.west), _height(frame) / _height(around)) <= _SHARE:
            found = names[place], surround(_widen(around), _SIZE[0] / _SIZE[1])
    return found


def _widen(frame: Frame) -> Frame:
    more = max(_LEAST_DEGREES - (frame.east - frame.west), 0) / 2
    return Frame(frame.west - more, frame.south, frame.east + more, frame.north)


def _height(frame: Frame) -> float:
    return frame.north - frame.south


def _draw_small_map(frame: Frame, wide: Frame) -> Image.Image:
    image = draw_backdrop(wide, _SIZE)
    scale_x, scale_y = _SIZE[0] / (wide.east - wide.west), _SIZE[1] / _height(wide)
    x = ((frame.west + frame.east) / 2 - wide.west) * scale_x
    y = (wide.north - (frame.south + frame.north) / 2) * scale_y
    half_x = max((frame.east - frame.west) * scale_x, _LEAST_MARK_PX) / 2
    half_y = max(_height(frame) * scale_y, _LEAST_MARK_PX) / 2
    ImageDraw.Draw(image).rectangle((x - half_x, y - half_y, x + half_x, y + half_y), outline=_MARK, width=2)
    return image
