"""Reads TopoJSON into arcs with the shapes on both sides: https://github.com/topojson/topojson-specification."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

_HALF_TURN, _TURN = 180.0, 360.0
_POLE = -90.0
# Borders this close to the antimeridian are the cut of the file, not a border.
_CUT = _HALF_TURN - 1e-4
_WORLD = shapely.box(-_HALF_TURN, -90, _HALF_TURN, 90)
_LEAST_POINTS = 4


@dataclass(frozen=True, slots=True)
class Arc:
    """A line between two places, shape (n, 2) in degrees, and the identifiers of the one or two places."""

    points: np.ndarray
    owners: tuple[int, ...]


@dataclass(slots=True)
class Place:
    """A shape with a name: a country, a region or a county. Its arcs are numbers, as in the file."""

    id: str
    name: str
    rings: list[list[list[int]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BorderFile:
    """The content of a file."""

    points: list[np.ndarray]
    collections: dict[str, list[Place]]

    def arcs(self, collection: str) -> Iterator[Arc]:
        """Yield the arcs of a collection; `owners` are positions in it."""
        owners: dict[int, set[int]] = {}
        for position, place in enumerate(self.collections[collection]):
            for number in (number for rings in place.rings for ring in rings for number in ring):
                owners.setdefault(number if number >= 0 else ~number, set()).add(position)
        for number in sorted(owners):
            yield Arc(self.points[number], tuple(sorted(owners[number])))

    def polygons(self, collection: str) -> Iterator[shapely.Geometry]:
        """Yield the polygons of a collection between -180 and 180 degrees."""
        for place in self.collections[collection]:
            for rings in place.rings:
                outer, *holes = [_unroll(self._join(ring)) for ring in rings]
                if len(outer) < _LEAST_POINTS:
                    continue
                middle = outer[:, 0].mean()
                holes = [hole for hole in holes if len(hole) >= _LEAST_POINTS]
                whole = shapely.Polygon(outer, [_turn_to(hole, middle) for hole in holes])
                for turn in (-_TURN, 0.0, _TURN):
                    part = shapely.intersection(shapely.make_valid(_move(whole, turn)), _WORLD)
                    yield from (each for each in shapely.get_parts(part) if each.geom_type == "Polygon")

    def _join(self, numbers: Sequence[int]) -> np.ndarray:
        parts = [self.points[number] if number >= 0 else self.points[~number][::-1] for number in numbers]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def read_border_file(path: Path) -> BorderFile:
    """Return the content of a file; shapes without an area are left out."""
    content = json.loads(path.read_bytes())
    scale, move = (np.array(content["transform"][name]) for name in ("scale", "translate"))
    points = [np.cumsum(np.array(arc)[:, :2], axis=0) * scale + move for arc in content["arcs"]]
    collections = {
        name: [place for member in collection.get("geometries", [collection]) if (place := _read_place(member)).rings]
        for name, collection in content["objects"].items()
    }
    return BorderFile(points, collections)


def _read_place(member: dict[str, Any]) -> Place:
    arcs: Any = member.get("arcs")
    properties = member.get("properties") or {}
    rings: list[list[list[int]]] = {"Polygon": [arcs], "MultiPolygon": arcs}.get(member.get("type", "")) or []
    return Place(str(member.get("id", "")), str(properties.get("name") or ""), rings)


def cut_line(line: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the parts of a line between -180 and 180 degrees, without those along the antimeridian."""
    jumps = np.abs(np.diff(line[:, 0])) > _HALF_TURN
    along = np.minimum(np.abs(line[:-1, 0]), np.abs(line[1:, 0])) > _CUT
    for part in np.split(line, np.flatnonzero(jumps | along) + 1):
        if len(part) > 1:
            yield part


def simplify(line: np.ndarray, tolerance: float, *, longest: float) -> np.ndarray:
    """Return a line with fewer points, none of its steps longer than `longest` degrees; its ends stay."""
    simple = shapely.simplify(shapely.LineString(line), tolerance)
    points: np.ndarray = shapely.get_coordinates(shapely.segmentize(simple, longest) if simple.length else simple)
    return points


def _unroll(ring: np.ndarray) -> np.ndarray:
    """Return a ring whose longitudes continue past 180; one around the South Pole is closed along the pole."""
    steps = np.diff(ring[:, 0], prepend=ring[0, 0])
    turned = np.column_stack((ring[:, 0] - _TURN * np.cumsum(np.round(steps / _TURN)), ring[:, 1]))
    if abs(turned[-1, 0] - turned[0, 0]) > _HALF_TURN:
        turned = np.vstack((turned, [turned[-1, 0], _POLE], [turned[0, 0], _POLE], turned[:1]))
    return turned


def _turn_to(ring: np.ndarray, longitude: float) -> np.ndarray:
    turned: np.ndarray = ring - (_TURN * np.round((ring[:, 0].mean() - longitude) / _TURN), 0)
    return turned


def _move(shape: shapely.Geometry, turn: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda points: np.add(points, (turn, 0)))
