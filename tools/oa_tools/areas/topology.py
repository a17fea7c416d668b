"""Reads TopoJSON, whose shapes share arcs: https://github.com/topojson/topojson-specification."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import shapely

Ring = list[tuple[float, float]]
_LEAST_POINTS = 4


@dataclass(frozen=True, slots=True)
class Feature:
    """A shape with its identifier and its name."""

    id: str
    name: str
    shape: shapely.Geometry


def read_features(path: Path, collection: str) -> Iterator[Feature]:
    """Yield the polygons of a collection of a TopoJSON file; features without a geometry are left out."""
    topology = json.loads(path.read_bytes())
    arcs = [_decode(arc, topology["transform"]) for arc in topology["arcs"]]
    for geometry in topology["objects"][collection]["geometries"]:
        polygons = _polygons(geometry)
        if polygons:
            shape = shapely.union_all([shapely.make_valid(_polygon(polygon, arcs)) for polygon in polygons])
            yield Feature(str(geometry.get("id", "")), geometry["properties"]["name"], shape)


def _polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    if geometry["type"] == "Polygon":
        return [geometry["arcs"]]
    return list(geometry["arcs"]) if geometry["type"] == "MultiPolygon" else []


def _decode(arc: Sequence[Sequence[int]], transform: dict[str, Sequence[float]]) -> Ring:
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    xs, ys = accumulate(x for x, _ in arc), accumulate(y for _, y in arc)
    return [(x * scale_x + move_x, y * scale_y + move_y) for x, y in zip(xs, ys, strict=True)]


def _polygon(rings: Sequence[Sequence[int]], arcs: Sequence[Ring]) -> shapely.Geometry:
    """Return a polygon without its holes, which do not matter once borders are moved outward; a line if it is flat."""
    outer: Ring = []
    for number in rings[0]:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        outer += arc[1:] if outer else arc
    return shapely.Polygon(outer) if len(outer) >= _LEAST_POINTS else shapely.LineString(outer)
