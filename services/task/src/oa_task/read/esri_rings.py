"""The rings of one Esri polygon put together: which are shells, and which shell each hole belongs to."""

from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon


def assemble_polygons(rings: list[Any]) -> Any:
    """Return a polygon or multipolygon of linear rings.

    Esri writes shells clockwise and holes the other way, in any order. Where a server writes it the other way round
    (the largest ring cannot be a hole) the directions are read the other way round. A hole goes to the smallest shell
    that holds it; one that lies in none is a shell.
    """
    areas = [Polygon(ring).area for ring in rings]
    is_turned = bool(shapely.is_ccw(rings[areas.index(max(areas))]))
    is_hole = [bool(shapely.is_ccw(ring)) != is_turned for ring in rings]
    shells = [place for place, hole in enumerate(is_hole) if not hole]
    holes_of: dict[int, list[Any]] = {place: [] for place in shells}
    by_size = sorted(shells, key=lambda place: areas[place])
    for place in (place for place, hole in enumerate(is_hole) if hole):
        owner = _owner(rings, place, [shell for shell in by_size if areas[shell] >= areas[place]])
        if owner is None:
            holes_of[place] = []
        else:
            holes_of[owner].append(rings[place])
    made = [Polygon(rings[shell], holes_of[shell]) for shell in sorted(holes_of)]
    return made[0] if len(made) == 1 else MultiPolygon(made)


def _owner(rings: list[Any], hole: int, shells: list[int]) -> int | None:
    """Return the first shell that holds a hole; by its box alone when there is only one that could."""
    box = shapely.box(*rings[hole].bounds)
    likely = [shell for shell in shells if shapely.box(*rings[shell].bounds).covers(box)]
    if len(likely) <= 1:
        return likely[0] if likely else None
    inside = [shell for shell in likely if _holds(rings[shell], rings[hole])]
    return inside[0] if inside else likely[0]


def _holds(shell: Any, hole: Any) -> bool:
    try:
        return bool(Polygon(shell).covers(Polygon(hole).representative_point()))
    except shapely.errors.GEOSException:
        return False
