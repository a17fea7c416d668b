"""The map below the points: land, water and borders, in the colors of the web map in its light theme."""

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw

from oa_task.preview.borders import COUNTIES, COUNTRIES, LAND, REGIONS, iterate_pixels, read_pieces
from oa_task.preview.frame import Frame

_WATER, LAND_COLOR = (219, 230, 238), (251, 250, 247)
_FINE = 2  # drawn at twice the size, then reduced: smooth edges
_RING_NUMBERS, _LINE_NUMBERS = 6, 4
_NARROWEST = 0.3
"""Degrees of width: in a narrower frame, coasts of 1:10,000,000 would be visibly wrong."""


@dataclass(frozen=True, slots=True)
class _Pen:
    """How the lines of a layer are drawn, and the widths of frames, in degrees, that have them."""

    layer: int
    narrowest: float
    widest: float
    color: tuple[int, int, int]
    width_px: int


_PENS = (
    _Pen(COUNTIES, 0.04, 12, (214, 211, 204), 2),
    _Pen(REGIONS, 0.1, 90, (184, 180, 171), 2),
    _Pen(COUNTRIES, 0.1, 360, (139, 136, 128), 3),
)


def draw_backdrop(frame: Frame, size: tuple[int, int]) -> Image.Image:
    """Return a picture of a frame without data."""
    fine = (size[0] * _FINE, size[1] * _FINE)
    width = frame.east - frame.west
    has_coast = width >= _NARROWEST
    lines = list(_iterate_lines(frame, fine))
    if not has_coast and not lines:
        return Image.new("RGB", size, LAND_COLOR)  # a town within a county: nothing to draw and to reduce
    image = Image.new("RGB", fine, _WATER if has_coast else LAND_COLOR)
    canvas = ImageDraw.Draw(image)
    if has_coast:
        _draw_land(canvas, frame, fine)
    for pixels, pen in lines:
        canvas.line(pixels, fill=pen.color, width=pen.width_px)
    return image.reduce(_FINE)


def _iterate_lines(frame: Frame, size: tuple[int, int]) -> Iterator[tuple[list[int], _Pen]]:
    """Yield the pixels of each border in a frame, and its pen."""
    width = frame.east - frame.west
    for pen in _PENS:
        if pen.narrowest <= width <= pen.widest:
            for pixels, is_drawn in iterate_pixels(read_pieces(pen.layer, frame), frame, size):
                if is_drawn and len(pixels) >= _LINE_NUMBERS:
                    yield pixels, pen


def _draw_land(canvas: ImageDraw.ImageDraw, frame: Frame, size: tuple[int, int]) -> None:
    for pixels, is_hole in iterate_pixels(read_pieces(LAND, frame), frame, size):
        if len(pixels) >= _RING_NUMBERS:
            canvas.polygon(pixels, fill=_WATER if is_hole else LAND_COLOR)
