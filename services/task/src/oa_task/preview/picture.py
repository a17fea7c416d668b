"""The picture: points on a map with borders, a grid in degrees, a scale bar and a caption."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from oa_task.preview.backdrop import draw_backdrop
from oa_task.preview.density import count_density
from oa_task.preview.frame import Frame, fit_frame, round_step
from oa_task.preview.locator import draw_locator
from oa_task.preview.place_names import draw_names

MAP_SIZE = (1080, 720)
_LEFT, _TOP, _RIGHT, _BOTTOM = 90, 96, 30, 90
_PAPER, _GROUND, _GRID, _EDGE = (255, 255, 255), (246, 244, 239), (226, 223, 215), (190, 186, 176)
_INK, _PALE_INK = (38, 42, 48), (112, 116, 122)
_RAMP = np.array([(166, 205, 226), (66, 146, 198), (20, 90, 160), (8, 48, 107)], dtype=float)
_STEPS = np.linspace(0, 1, 256)
_SHADES = np.column_stack(
    [np.interp(_STEPS, np.linspace(0, 1, len(_RAMP)), _RAMP[:, channel]) for channel in range(3)]
).astype(np.uint8)
_FEW, _MANY = 400, 6_000
_BIG_DOT, _SMALL_DOT = 4, 1
_KM, _MIN_BAR_PX = 1000, 90
_POLE = 90
_COMPRESSION = 4  # level 9 takes three times as long for a tenth less


@dataclass(frozen=True, slots=True)
class Caption:
    """The texts above and below the map."""

    title: str
    subtitle: str
    footer: str


def draw_picture(chunks: Sequence[np.ndarray], caption: Caption, path: Path, *, lines: bool) -> None:
    """Draw points from chunks of longitude and latitude, or outlines with `lines`, and write a PNG."""
    width, height = MAP_SIZE
    image = Image.new("RGB", (width + _LEFT + _RIGHT, height + _TOP + _BOTTOM), _PAPER)
    canvas = ImageDraw.Draw(image)
    frame = fit_frame(chunks, aspect=width / height)
    canvas.rectangle((_LEFT, _TOP, _LEFT + width, _TOP + height), fill=_GROUND)
    if frame is None:
        _write_centered(canvas, "no feature has a geometry", size=22)
    else:
        image.paste(draw_backdrop(frame, MAP_SIZE), (_LEFT, _TOP))
        _draw_grid(canvas, frame)
        counts = count_density(chunks, frame, MAP_SIZE, lines=lines)
        image.paste(*_render_counts(counts, lines=lines))
        locator = draw_locator(image, (_LEFT, _TOP), frame, counts)
        draw_names(canvas, (_LEFT, _TOP), frame, counts, [locator] if locator else [])
        _draw_scale(canvas, frame)
    canvas.rectangle((_LEFT, _TOP, _LEFT + width, _TOP + height), outline=_EDGE)
    _write(canvas, (_LEFT, 22), caption.title, size=26, max_width_px=width)
    _write(canvas, (_LEFT, 60), caption.subtitle, size=17, color=_PALE_INK, max_width_px=width)
    _write(canvas, (_LEFT, _TOP + height + 58), caption.footer, size=14, color=_PALE_INK, max_width_px=width)
    image.save(path, format="PNG", compress_level=_COMPRESSION)


def _render_counts(counts: np.ndarray, *, lines: bool) -> tuple[Image.Image, tuple[int, int], Image.Image]:
    """Return an image of the counts, its position and its mask; dots are larger if there are few."""
    filled = np.flatnonzero(counts)
    if len(filled) < _MANY:
        counts = _grow(counts, filled, _BIG_DOT if len(filled) < _FEW and not lines else _SMALL_DOT)
        filled = np.flatnonzero(counts)
    values = counts.reshape(-1)[filled]
    most = max(float(np.quantile(values, 0.995)), 1.0) if len(values) else 1.0
    strength = np.clip(np.log1p(values) / np.log1p(max(most, 3.0)), 0, 1)
    colors = np.zeros((counts.size, 3), dtype=np.uint8)
    colors[filled] = _SHADES[np.round(strength * (len(_SHADES) - 1)).astype(np.intp)]
    mask = np.zeros(counts.size, dtype=np.uint8)
    mask[filled] = 255
    image = Image.fromarray(colors.reshape(*counts.shape, 3))
    return image, (_LEFT, _TOP), Image.fromarray(mask.reshape(counts.shape))


def _grow(counts: np.ndarray, filled: np.ndarray, radius: int) -> np.ndarray:
    """Return counts in which each filled pixel, given by its index, is a disc with the largest of the counts there."""
    height, width = counts.shape
    grown = counts.copy()
    rows, columns = np.divmod(filled, width)
    values = counts.reshape(-1)[filled]
    for row in range(-radius, radius + 1):
        for column in range(-radius, radius + 1):
            if row * row + column * column <= radius * radius + 1:
                y, x = rows + row, columns + column
                inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
                np.maximum.at(grown, (y[inside], x[inside]), values[inside])
    return grown


def _draw_grid(canvas: ImageDraw.ImageDraw, frame: Frame) -> None:
    width, height = MAP_SIZE
    font = ImageFont.load_default(14)
    for value, text in _ticks(frame.west, frame.east, parts=5, signs="EW"):
        x = _LEFT + (value - frame.west) / (frame.east - frame.west) * width
        canvas.line((x, _TOP, x, _TOP + height), fill=_GRID)
        canvas.text((x, _TOP + height + 8), text, fill=_PALE_INK, font=font, anchor="ma")
    for value, text in _ticks(frame.south, frame.north, parts=4, signs="NS"):
        y = _TOP + (frame.north - value) / (frame.north - frame.south) * height
        canvas.line((_LEFT, y, _LEFT + width, y), fill=_GRID)
        canvas.text((_LEFT - 8, y), text, fill=_PALE_INK, font=font, anchor="rm")


def _ticks(low: float, high: float, *, parts: int, signs: str) -> Iterator[tuple[float, str]]:
    step = round_step(high - low, parts)
    decimals = max(0, -int(np.floor(np.log10(step))))
    for number in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1):
        value = number * step
        degrees = (value + 180) % 360 - 180 if signs == "EW" else value
        sign = "" if round(abs(degrees), decimals) in {0, 180} else signs[degrees < 0]
        if signs == "EW" or abs(degrees) <= _POLE:
            yield value, f"{abs(degrees):.{decimals}f}°{sign}"


def _draw_scale(canvas: ImageDraw.ImageDraw, frame: Frame) -> None:
    width, height = MAP_SIZE
    km = round_step(frame.km_wide * _MIN_BAR_PX / width, 1)
    length = km / frame.km_wide * width
    right, y = _LEFT + width - 16, _TOP + height - 18
    text = f"{km:g} km" if km >= 1 else f"{km * _KM:g} m"
    canvas.rectangle((right - length - 10, y - 28, right + 10, y + 10), fill=_PAPER, outline=_GRID)
    canvas.line((right - length, y, right, y), fill=_INK, width=2)
    for x in (right - length, right):
        canvas.line((x, y - 5, x, y + 1), fill=_INK, width=2)
    canvas.text((right - length / 2, y - 7), text, fill=_INK, font=ImageFont.load_default(14), anchor="ms")


def _write(
    canvas: ImageDraw.ImageDraw,
    position: tuple[int, int],
    text: str,
    *,
    size: int,
    max_width_px: int,
    color: tuple[int, int, int] = _INK,
) -> None:
    font = ImageFont.load_default(size)
    while len(text) > 1 and canvas.textlength(text, font=font) > max_width_px:
        text = text[:-2] + "…"
    canvas.text(position, text, fill=color, font=font)


def _write_centered(canvas: ImageDraw.ImageDraw, text: str, *, size: int) -> None:
    width, height = MAP_SIZE
    font = ImageFont.load_default(size)
    canvas.text((_LEFT + width / 2, _TOP + height / 2), text, fill=_PALE_INK, font=font, anchor="mm")
