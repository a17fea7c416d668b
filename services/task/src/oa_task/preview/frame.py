"""The part of the earth that a picture shows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SAMPLE = 200_000
_TAIL = 0.002
_REACH = 0.15
_MARGIN = 0.04
_MIN_DEGREES = 0.004
_HALF_TURN, _TURN = 180.0, 360.0
_POLE_REGION = 85.0
_KM_PER_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class Frame:
    """The edges in degrees; `east` is greater than 180 if the frame crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def shrink(self) -> float:
        """Return the ratio of a degree of longitude to a degree of latitude, in the middle of the frame."""
        middle = max(-_POLE_REGION, min(_POLE_REGION, (self.south + self.north) / 2))
        return math.cos(math.radians(middle))

    @property
    def km_wide(self) -> float:
        """Return the width in the middle of the frame, in kilometers."""
        return (self.east - self.west) * self.shrink * _KM_PER_DEGREE

    def unwrap(self, longitudes: np.ndarray) -> np.ndarray:
        """Return longitudes in the 360 degrees whose middle is the middle of the frame."""
        start = self.west - (_TURN - (self.east - self.west)) / 2
        turned: np.ndarray = (longitudes - start) % _TURN + start
        return turned


def fit_frame(chunks: Sequence[np.ndarray], *, aspect: float) -> Frame | None:
    """Return a frame around the points, except for outliers; None if there are no points.

    `aspect` is the width of the picture divided by its height.
    """
    sample = _sample(chunks)
    if not len(sample):
        return None
    longitudes = _close_widest_gap(sample[:, 0])
    west, east = _bounds_without_outliers(longitudes)
    south, north = _bounds_without_outliers(sample[:, 1])
    return surround(Frame(west, south, east, north), aspect)


def surround(frame: Frame, aspect: float) -> Frame:
    """Return a frame with a margin around another one, widened to the minimum size and to the aspect."""
    height = max((frame.north - frame.south) * (1 + 2 * _MARGIN), _MIN_DEGREES)
    width = max((frame.east - frame.west) * (1 + 2 * _MARGIN), height * aspect / frame.shrink)
    height = max(height, width * frame.shrink / aspect)
    middle_x, middle_y = (frame.west + frame.east) / 2, (frame.south + frame.north) / 2
    width = min(width, _TURN)
    return Frame(middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2)


def _sample(chunks: Sequence[np.ndarray]) -> np.ndarray:
    total = sum(map(len, chunks))
    step = max(total // _SAMPLE, 1)
    pairs = np.concatenate([chunk[::step] for chunk in chunks] or [np.zeros((0, 2))])
    known: np.ndarray = pairs[~np.isnan(pairs[:, 0])]
    return known


def _close_widest_gap(longitudes: np.ndarray) -> np.ndarray:
    """Shift longitudes so that their widest gap is outside the frame: data on both sides of 180 stays together."""
    ordered = np.unique(np.round(longitudes, 2))
    gaps = np.diff(ordered, append=ordered[0] + _TURN)
    widest = int(np.argmax(gaps))
    if widest == len(ordered) - 1 or gaps[widest] <= _HALF_TURN:
        return longitudes
    turned: np.ndarray = np.where(longitudes < ordered[widest + 1] - 0.01, longitudes + _TURN, longitudes)
    return turned


def _bounds_without_outliers(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, (_TAIL, 1 - _TAIL))
    reach = max((high - low) * _REACH, _MIN_DEGREES)
    return max(float(values.min()), low - reach), min(float(values.max()), high + reach)


def round_step(span: float, parts: int) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that divides a span into about `parts` parts."""
    raw = span / parts
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
