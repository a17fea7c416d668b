"""Land and borders, from the files that `python -m oa_tools.borders` makes of public data."""

import gzip
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from oa_task.preview.frame import Frame

FILE = Path(__file__).with_name("borders.bin")
LAND, COUNTRIES, REGIONS, COUNTIES = range(4)
NO_PLACE = -1
_UNITS_PER_DEGREE, _CELL_DEGREES = 1000, 10
_HEAD_BYTES = 4
_TABLE_COLUMNS = 5
_LEAST_PIXELS = 2  # a smaller piece is not drawn
_REACH = 1  # cells: a piece that starts in one does not end beyond the next
_CELLS_AROUND = 360 // _CELL_DEGREES


@dataclass(frozen=True, slots=True)
class Pieces:
    """Lines or rings of one layer in and near a frame.

    `points` are all of their points in degrees, shape (2, n), with longitudes as in the frame; `starts` has the index
    of the first point of each piece, and the end. `kinds` is 1 for a line that is drawn, and for a ring that is a hole.
    `owners`, shape (2, number of pieces), are the numbers of the places on both sides of a line, or NO_PLACE.
    """

    points: np.ndarray
    starts: np.ndarray
    kinds: np.ndarray
    owners: np.ndarray


@cache
def _content() -> tuple[np.ndarray, memoryview]:
    """Return the table of cells and their compressed pieces: tools/oa_tools/borders/layers.py describes them."""
    content = FILE.read_bytes()
    end = _HEAD_BYTES + int(np.frombuffer(content, "<i4", 1)[0])
    table = np.frombuffer(content[_HEAD_BYTES:end], "<i4").reshape(-1, _TABLE_COLUMNS)
    return table, memoryview(content)[end:]


@cache
def list_names() -> list[str]:
    """Return the names of all places, in ASCII, by their numbers."""
    return gzip.decompress(FILE.with_suffix(".txt.gz").read_bytes()).decode("ascii").split("\n")


def read_pieces(layer: int, frame: Frame) -> Pieces:
    """Return the pieces of the cells in the frame and next to it, each as often as the frame shows it."""
    table, _ = _content()
    first, last = (int(edge // _CELL_DEGREES) + reach for edge, reach in ((frame.west, -_REACH), (frame.east, _REACH)))
    low, high = (int(edge // _CELL_DEGREES) + reach for edge, reach in ((frame.south, -_REACH), (frame.north, _REACH)))
    rows = table[(table[:, 0] == layer) & (table[:, 2] >= low) & (table[:, 2] <= high)]
    cells = []
    for column, row, start, size in rows[:, 1:].tolist():
        behind = (column - first) % _CELLS_AROUND
        cells += [_read_cell(start, size, place, row) for place in range(first + behind, last + 1, _CELLS_AROUND)]
    if not cells:
        return Pieces(np.zeros((2, 0)), np.zeros(1, np.int64), np.zeros(0, np.int16), np.zeros((2, 0), np.int16))
    lengths = np.concatenate([np.diff(cell.starts) for cell in cells])
    return Pieces(
        np.concatenate([cell.points for cell in cells], axis=1),
        np.append(0, np.cumsum(lengths)),
        np.concatenate([cell.kinds for cell in cells]),
        np.concatenate([cell.owners for cell in cells], axis=1),
    )


@cache
def _read_cell(start: int, size: int, column: int, row: int) -> Pieces:
    numbers = np.frombuffer(zlib.decompress(_content()[1][start : start + size]), "<i2")
    count = int(numbers[0])
    lengths, kinds, left, right = numbers[1 : 1 + 4 * count].reshape(4, count)
    steps = numbers[1 + 4 * count :].reshape(2, -1)
    corner = np.array([[column], [row]], dtype=float) * _CELL_DEGREES
    points = np.cumsum(steps, axis=1, dtype=np.int64) / _UNITS_PER_DEGREE + corner
    return Pieces(points, np.append(0, np.cumsum(lengths, dtype=np.int64)), kinds, np.stack((left, right)))


def iterate_pixels(pieces: Pieces, frame: Frame, size: tuple[int, int]) -> Iterator[tuple[list[int], int]]:
    """Yield the pixels of each piece that touches the frame as x, y, x, y, without repeated ones, and its kind."""
    width, height = size
    x = np.rint((pieces.points[0] - frame.west) * (width / (frame.east - frame.west))).astype(np.int64)
    y = np.rint((frame.north - pieces.points[1]) * (height / (frame.north - frame.south))).astype(np.int64)
    if not len(x):
        return
    first = pieces.starts[:-1]
    west, east, north, south = (edge.reduceat(axis, first) for axis in (x, y) for edge in (np.minimum, np.maximum))
    is_visible = (east >= 0) & (west <= width) & (south >= 0) & (north <= height)
    is_visible &= (east - west) + (south - north) >= _LEAST_PIXELS
    number = np.repeat(np.arange(len(first)), np.diff(pieces.starts))
    is_kept = is_visible[number]
    is_kept[1:] &= (np.diff(x) != 0) | (np.diff(y) != 0) | (np.diff(number) != 0)
    flat = np.column_stack((x[is_kept], y[is_kept])).reshape(-1).tolist()
    shown = np.flatnonzero(is_visible)
    ends = np.cumsum(np.bincount(number[is_kept], minlength=len(first))[shown]) * 2
    for kind, (start, end) in zip(pieces.kinds[shown].tolist(), itertools.pairwise([0, *ends.tolist()]), strict=True):
        yield flat[start:end], kind
