"""Assembly of the rings of one Esri polygon: which rings are shells, and to which shell each hole belongs."""

from collections.abc import Sequence

import shapely
from shapely.geometry import LinearRing, MultiPolygon, Polygon


def assemble_polygons(rings: Sequence[LinearRing]) -> Polygon | MultiPolygon:
    """Return the polygon or multipolygon of a feature's rings.

    Esri writes shells clockwise and holes counterclockwise, in any order. The largest ring cannot be a hole; if it is
    counterclockwise, the server writes all directions reversed, and so they are read. A hole belongs to the smallest
    shell that contains it; a hole outside of all shells is a shell.
    """
    areas = [Polygon(ring).area for ring in rings]
    is_reversed = bool(shapely.is_ccw(rings[areas.index(max(areas))]))
    is_hole = [bool(shapely.is_ccw(ring)) != is_reversed for ring in rings]
    shells = [index for index, hole in enumerate(is_hole) if not hole]
    holes_of: dict[int, list[LinearRing]] = {index: [] for index in shells}
    by_area = sorted(shells, key=lambda index: areas[index])
    for hole in (index for index, flag in enumerate(is_hole) if flag):
        shell = _shell_of(rings, hole, [index for index in by_area if areas[index] >= areas[hole]])
        if shell is None:
            holes_of[hole] = []
        else:
            holes_of[shell].append(rings[hole])
    polygons = [Polygon(rings[shell], holes_of[shell]) for shell in sorted(holes_of)]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _shell_of(rings: Sequence[LinearRing], hole: int, shells: list[int]) -> int | None:
    """Return the first shell that contains a hole; the bounding boxes decide if they leave only one candidate."""
    box = shapely.box(*rings[hole].bounds)
    candidates = [shell for shell in shells if shapely.box(*rings[shell].bounds).covers(box)]
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    return next((shell for shell in candidates if _contains(rings[shell], rings[hole])), candidates[0])


def _contains(shell: LinearRing, hole: LinearRing) -> bool:
    try:
        return bool(Polygon(shell).covers(Polygon(hole).representative_point()))
    except shapely.errors.GEOSException:
        return False
