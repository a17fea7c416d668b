"""The geometry of small charts; templates draw them as SVG, without scripts or inline styles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 160
_LEFT, _BOTTOM, _TOP = 52, 22, 8
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar; `start` and `width` are in percent."""

    name: str
    value: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A point or column of a chart in units of the SVG, with its label and value."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Marks, the path of a line through them, and the ticks of the axis as (y, value)."""

    marks: list[Mark]
    line: str
    area: str
    ticks: list[tuple[float, float]]
    baseline: float


def segments(counts: Mapping[str, int], names: Iterable[str]) -> list[Segment]:
    """Return the parts of a bar in the order of `names`, without empty parts."""
    present = [(str(name), counts.get(name, 0)) for name in names if counts.get(name, 0)]
    total = sum(value for _, value in present) or 1
    parts, start = [], 0.0
    for name, value in present:
        width = 100 * value / total
        parts.append(Segment(name, value, round(start, 3), round(width, 3)))
        start += width
    return parts


def sparkline_path(
    values: Sequence[float], width: float = 100, height: float = 24, *, bounds: tuple[float, float] | None = None
) -> str:
    """Return the path of a line through the values, from edge to edge; empty for fewer than two values.

    The line spans the values, or `bounds`: the lowest and the highest value of the axis.
    """
    if len(values) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    low, high = bounds or (min(values), max(values))
    span, step = (high - low) or 1, width / (len(values) - 1)
    points = [(index * step, height - 2 - (value - low) / span * (height - 4)) for index, value in enumerate(values)]
    return _path(points)


def line_chart(points: Sequence[tuple[str, float]]) -> Chart:
    """Return a line chart of labeled values, in order; the axis starts at zero."""
    top = _nice_top(max((value for _, value in points), default=0))
    room = WIDTH - _LEFT - 10
    step = room / max(1, len(points) - 1)
    marks = [
        Mark(round(_LEFT + index * step, 1), _height(value, top), 0, 0, label, value)
        for index, (label, value) in enumerate(points)
    ]
    path = _path([(mark.x, mark.y) for mark in marks])
    baseline = _height(0, top)
    area = f"{path}L{marks[-1].x} {baseline}L{marks[0].x} {baseline}Z" if len(marks) > 1 else ""
    return Chart(marks, path, area, _ticks(top), baseline)


def column_chart(points: Sequence[tuple[str, float]]) -> Chart:
    """Return a column chart of labeled values, in order."""
    top = _nice_top(max((value for _, value in points), default=0))
    step = (WIDTH - _LEFT - 4) / max(1, len(points))
    baseline = _height(0, top)
    marks = []
    for index, (label, value) in enumerate(points):
        y = _height(value, top)
        x, width = round(_LEFT + index * step + step * 0.12, 1), round(step * 0.76, 1)
        marks.append(Mark(x, y, width, round(baseline - y, 1), label, value))
    return Chart(marks, "", "", _ticks(top), baseline)


def _height(value: float, top: float) -> float:
    return round(_TOP + (1 - value / top) * (HEIGHT - _TOP - _BOTTOM), 1)


def _ticks(top: float) -> list[tuple[float, float]]:
    values = [top * index / _TICKS for index in range(_TICKS + 1)]
    return [(_height(value, top), value) for value in values]


def _nice_top(highest: float) -> float:
    """Return a round number at or above the highest value, divisible by the ticks."""
    top = float(_TICKS)
    while top < highest:
        for factor in (2, 2.5, 2):
            top *= factor
            if top >= highest:
                break
    return top


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(points))
