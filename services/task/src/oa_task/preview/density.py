"""The number of points on each pixel; outlines become points along their lines."""

import itertools
from collections.abc import Iterable

import numpy as np

from oa_task.preview.frame import Frame

_MAX_STEPS = 4096
_MAX_POINTS = 2_000_000


def count_density(chunks: Iterable[np.ndarray], frame: Frame, size: tuple[int, int], *, lines: bool) -> np.ndarray:
    """Return counts per pixel, shape (height, width), north up."""
    width, height = size
    counts = np.zeros(width * height, dtype=np.int32)
    for index, chunk in enumerate(chunks):
        pixels = _pixels(chunk, frame, size)
        if lines:
            for points in _points_along(pixels):
                _count(points, counts, size)
        else:
            _count(pixels if index == 0 else pixels[1:], counts, size)
    return counts.reshape(height, width)


def _pixels(pairs: np.ndarray, frame: Frame, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    x = (frame.unwrap(pairs[:, 0]) - frame.west) / (frame.east - frame.west) * width
    y = (frame.north - pairs[:, 1]) / (frame.north - frame.south) * height
    return np.column_stack((x, y))


def _count(pixels: np.ndarray, counts: np.ndarray, size: tuple[int, int]) -> None:
    width, height = size
    known = pixels[~np.isnan(pixels[:, 0])]
    column, row = np.floor(known[:, 0]).astype(np.int64), np.floor(known[:, 1]).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    np.add.at(counts, row[inside] * width + column[inside], 1)


def _points_along(pixels: np.ndarray) -> Iterable[np.ndarray]:
    """Yield points about one pixel apart on the lines between consecutive pairs; a NaN pair ends a line."""
    start, end = pixels[:-1], pixels[1:]
    length = np.abs(end - start).max(axis=1) if len(start) else np.zeros(0)
    is_line = ~np.isnan(length)
    start, end = start[is_line], end[is_line]
    steps = np.clip(np.ceil(length[is_line]), 1, _MAX_STEPS).astype(np.int64)
    for first, last in _slices(steps):
        repeats = steps[first:last]
        owner = np.repeat(np.arange(first, last), repeats)
        along = (np.arange(len(owner)) - np.repeat(np.cumsum(repeats) - repeats, repeats)) / np.repeat(repeats, repeats)
        yield start[owner] + (end[owner] - start[owner]) * along[:, None]


def _slices(steps: np.ndarray) -> Iterable[tuple[int, int]]:
    """Yield ranges of lines with at most about two million points together."""
    group = np.cumsum(steps) // _MAX_POINTS
    borders = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(steps)]
    return itertools.pairwise(borders)
