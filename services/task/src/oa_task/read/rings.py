"""Assembly of the rings of one polygon: which rings are shells, and to which shell each hole belongs."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry import LinearRing, MultiPolygon, Polygon

_PAIRS_AT_ONCE = 1_000_000


def assemble_polygons(rings: Sequence[LinearRing]) -> Polygon | MultiPolygon:
    """Return the polygon or multipolygon of a feature's rings, in any order and of any direction.

    Esri writes shells clockwise and holes counterclockwise, but converters do not, so that only the nesting decides: a
    ring inside an odd number of others is a hole of the smallest of these, every other ring is a shell. A copy of a
    ring is left out.
    """
    distinct = _without_copies(rings)
    holes_of: dict[int, list[LinearRing]] = {}
    parents = _parents(distinct)
    for ring, (parent, depth) in enumerate(parents):
        if depth % 2 == 0 or parents[parent][1] % 2 == 1:
            holes_of.setdefault(ring, [])
        else:
            holes_of.setdefault(parent, []).append(distinct[ring])
    polygons = [Polygon(distinct[shell], holes_of[shell]) for shell in sorted(holes_of)]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _without_copies(rings: Sequence[LinearRing]) -> list[LinearRing]:
    """Return the rings without those that are the same as an earlier one, whatever their start and direction."""
    bounds = shapely.bounds(np.array(rings, dtype=object))
    if len(np.unique(bounds, axis=0)) == len(rings):
        return list(rings)
    keys = shapely.to_wkb(shapely.normalize(shapely.polygons(np.array(rings, dtype=object)))).tolist()
    first: dict[bytes, LinearRing] = {}
    for key, ring in zip(keys, rings, strict=True):
        first.setdefault(key, ring)
    return list(first.values())


def _parents(rings: list[LinearRing]) -> list[tuple[int, int]]:
    """Return for each ring the smallest ring that contains it (-1 if there is none), and how many contain it."""
    polygons = shapely.polygons(np.array(rings, dtype=object))
    areas = shapely.area(polygons)
    parents, depths = np.full(len(rings), -1), np.zeros(len(rings), dtype=np.int64)
    for inside, around in _containments(polygons):
        is_larger = areas[around] > areas[inside]
        inner, outer = inside[is_larger], around[is_larger]
        depths += np.bincount(inner, minlength=len(rings))
        by_area = np.argsort(-areas[outer], kind="stable")
        parents[inner[by_area]] = outer[by_area]
    return list(zip(parents.tolist(), depths.tolist(), strict=True))


def _containments(polygons: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the indexes of polygons, and of those that contain a place inside of them."""
    tree = shapely.STRtree(polygons)
    places = shapely.point_on_surface(polygons)
    step = max(_PAIRS_AT_ONCE // len(polygons), 1)
    for start in range(0, len(polygons), step):
        inner, outer = tree.query(places[start : start + step], predicate="within")
        yield inner + start, outer
