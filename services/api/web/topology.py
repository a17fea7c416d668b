"""Reads TopoJSON into lines, rings and points: https://github.com/topojson/topojson-specification.

Longitudes are cut at the antimeridian, which the files of the world cross. Standard library only: the image of the API
is built before its packages are installed.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

Point = tuple[float, float]
Line = list[Point]
_HALF_TURN, _TURN = 180.0, 360.0
_POLE = -90.0
_LEAST_POINTS = 4
# Borders this close to the antimeridian are the cut of the file, not a border.
_CUT = _HALF_TURN - 1e-4
_CHORDS = (0.5, 0.4, 0.6, 0.3, 0.7)


@dataclass(frozen=True, slots=True)
class Shape:
    """A feature of a file: its identifier, its name, and its polygons as rings of numbers of arcs."""

    id: str
    name: str
    polygons: list[list[list[int]]]


@dataclass(frozen=True, slots=True)
class Topology:
    """The arcs of a file in degrees; neighboring shapes share them."""

    arcs: list[Line]
    shapes: dict[str, list[Shape]]

    def rings(self, polygon: Sequence[Sequence[int]]) -> list[Line]:
        """Return the rings of a polygon, the outer one first, without jumps between -180 and 180."""
        return [_unroll(self._join(numbers)) for numbers in polygon]

    def _join(self, numbers: Sequence[int]) -> Line:
        points: Line = []
        for number in numbers:
            arc = self.arcs[number] if number >= 0 else self.arcs[~number][::-1]
            points += arc[1:] if points else arc
        return points

    def owners(self, collection: str) -> list[set[int]]:
        """Return for each arc the positions of the shapes that it bounds."""
        owners: list[set[int]] = [set() for _ in self.arcs]
        for position, shape in enumerate(self.shapes[collection]):
            for number in (number for polygon in shape.polygons for ring in polygon for number in ring):
                owners[number if number >= 0 else ~number].add(position)
        return owners


def read_topology(path: Path) -> Topology:
    """Return the content of a file; shapes without an area are left out."""
    content = json.loads(path.read_bytes())
    arcs = [_decode(arc, content["transform"]) for arc in content["arcs"]]
    shapes = {}
    for name, collection in content["objects"].items():
        members = collection.get("geometries", [collection])
        shapes[name] = [shape for member in members if (shape := _read_shape(member)).polygons]
    return Topology(arcs, shapes)


def _read_shape(member: dict[str, object]) -> Shape:
    properties, arcs = member.get("properties"), member.get("arcs")
    polygons = {"Polygon": [arcs], "MultiPolygon": arcs}.get(str(member.get("type")), [])
    name = properties.get("name") if isinstance(properties, dict) else None
    return Shape(str(member.get("id", "")), str(name or ""), polygons if isinstance(polygons, list) else [])


def _decode(arc: Sequence[Sequence[int]], transform: dict[str, Sequence[float]]) -> Line:
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    xs, ys = accumulate(point[0] for point in arc), accumulate(point[1] for point in arc)
    return [(x * scale_x + move_x, y * scale_y + move_y) for x, y in zip(xs, ys, strict=True)]


def _unroll(ring: Line) -> Line:
    """Return a ring whose longitudes continue past 180; one around the South Pole is closed along the pole."""
    turned = ring[:1]
    for x, y in ring[1:]:
        turned.append((x - _TURN * round((x - turned[-1][0]) / _TURN), y))
    if turned and abs(turned[-1][0] - turned[0][0]) > _HALF_TURN:
        turned += [(turned[-1][0], _POLE), (turned[0][0], _POLE), turned[0]]
    return turned


def cut_polygon(rings: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the parts of a polygon between -180 and 180 degrees."""
    middle = sum(x for x, _ in rings[0]) / len(rings[0])
    aligned = [[(x - _TURN * round((ring[0][0] - middle) / _TURN), y) for x, y in ring] for ring in rings]
    for turn in (-_TURN, 0.0, _TURN):
        moved = [[(x + turn, y) for x, y in ring] for ring in aligned]
        parts = [_clip(_clip(ring, _HALF_TURN, keep=1), -_HALF_TURN, keep=-1) for ring in moved]
        if len(parts[0]) >= _LEAST_POINTS:
            yield [part for part in parts if len(part) >= _LEAST_POINTS]


def _clip(ring: Line, edge: float, *, keep: int) -> Line:
    """Return the part of a ring west of a meridian (`keep` 1) or east of it (-1), after Sutherland and Hodgman."""
    if all((edge - x) * keep >= 0 for x, _ in ring):
        return ring
    kept: Line = []
    for start, end in pairwise(ring):
        is_start_in, is_end_in = (edge - start[0]) * keep >= 0, (edge - end[0]) * keep >= 0
        if is_start_in:
            kept.append(start)
        if is_start_in != is_end_in:
            kept.append((edge, _latitude_at(start, end, edge)))
    return [*kept, kept[0]] if kept else []


def _latitude_at(start: Point, end: Point, longitude: float) -> float:
    return start[1] + (end[1] - start[1]) * (longitude - start[0]) / (end[0] - start[0])


def cut_line(line: Line) -> Iterator[Line]:
    """Yield the parts of a border between -180 and 180 degrees, without those along the antimeridian."""
    part = line[:1]
    for start, end in pairwise(line):
        if abs(end[0] - start[0]) > _HALF_TURN:
            side = math.copysign(_HALF_TURN, start[0])
            latitude = _latitude_at(start, (end[0] + 2 * side, end[1]), side)
            yield from _lines([*part, (side, latitude)])
            part = [(-side, latitude), end]
        elif min(abs(start[0]), abs(end[0])) > _CUT:
            yield from _lines(part)
            part = [end]
        else:
            part.append(end)
    yield from _lines(part)


def _lines(part: Line) -> Iterable[Line]:
    return [part] if len(part) > 1 else []


def area_of(ring: Line) -> float:
    """Return the area of a ring in square degrees at the equator."""
    stretch = math.cos(math.radians(sum(y for _, y in ring) / len(ring)))
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise(ring))) / 2 * stretch


def place_label(ring: Line) -> tuple[Point, float]:
    """Return a point inside a ring, and the width of the ring there in degrees: the widest of five rows."""
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    rows = [_widest_chord(ring, south + (north - south) * share) for share in _CHORDS]
    west, east, latitude = max(rows, key=lambda row: row[1] - row[0])
    middle = (west + east) / 2
    return (middle - _TURN * round(middle / _TURN), latitude), east - west


def _widest_chord(ring: Line, latitude: float) -> tuple[float, float, float]:
    crossings = sorted(
        x + (next_x - x) * (latitude - y) / (next_y - y)
        for (x, y), (next_x, next_y) in pairwise(ring)
        if (y > latitude) != (next_y > latitude)
    )
    chords = [*zip(crossings[::2], crossings[1::2], strict=False), (ring[0][0], ring[0][0])]
    west, east = max(chords, key=lambda chord: chord[1] - chord[0])
    return west, east, latitude
