"""Geometries as flat arrays of integers: vertices, the rings that they form, and the entries that the rings form.

A ring is a point, a line, or the outline of an area or a hole without its last vertex, which equals the first. A
geometry has an entry for each of its points, one for all of its lines and one for all of its areas.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from oa_task.tiles.world import project, wrap_shifts

POINT, LINE, AREA = 1, 2, 3
"""The kinds, with the numbers of the vector tile specification."""
_KIND_OF_TYPE = np.array([POINT, LINE, LINE, AREA])
_FIRST_MULTI = 4


@dataclass(frozen=True, slots=True)
class Outlines:
    """Entries in order.

    `rows` has the index of each entry's feature, `kinds` its kind, `ring_counts` its number of rings; `sizes` has the
    number of vertices of each ring, `is_hole` whether it is a hole; `vertices`, shape (n, 2), are in units of the
    world. All are int32 except `is_hole`.
    """

    rows: np.ndarray
    kinds: np.ndarray
    ring_counts: np.ndarray
    sizes: np.ndarray
    is_hole: np.ndarray
    vertices: np.ndarray


def point_outlines(longitude: np.ndarray, latitude: np.ndarray) -> Outlines:
    """Return an entry for each point."""
    count = len(longitude)
    ones = np.ones(count, dtype=np.int32)
    vertices = project(longitude - wrap_shifts(longitude, longitude), latitude, is_point=True)
    return Outlines(np.arange(count, dtype=np.int32), ones * POINT, ones, ones, np.zeros(count, dtype=bool), vertices)


def shape_outlines(shapes: np.ndarray) -> Outlines:
    """Return the entries of geometries, none of them missing; an empty part is left out."""
    parts, rows = _simple_parts(shapes)
    kinds = _KIND_OF_TYPE[shapely.get_type_id(parts)] if len(parts) else np.zeros(0, dtype=np.int64)
    order = np.lexsort((kinds, rows))
    parts, rows, kinds = parts[order], rows[order], kinds[order]
    starts_entry = (kinds == POINT) | (np.diff(rows, prepend=-1) != 0) | (np.diff(kinds, prepend=-1) != 0)
    entry_of_part = np.cumsum(starts_entry) - 1
    firsts = np.flatnonzero(np.diff(entry_of_part, prepend=-1))
    rings, part_of_ring = _rings(parts, kinds)
    coordinates, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
    is_area = kinds[part_of_ring] == AREA
    closes = np.diff(ring_of_vertex, append=-1) != 0
    stays = ~(closes & is_area[ring_of_vertex])
    entry_of_ring = entry_of_part[part_of_ring]
    shifts = _entry_shifts(shapes)[rows][part_of_ring[ring_of_vertex[stays]]]
    west, north = coordinates[stays].T
    return Outlines(
        rows[firsts].astype(np.int32),
        kinds[firsts].astype(np.int32),
        np.bincount(entry_of_ring, minlength=len(firsts)).astype(np.int32),
        np.bincount(ring_of_vertex[stays], minlength=len(rings)).astype(np.int32),
        is_area & (np.diff(part_of_ring, prepend=-1) == 0),
        project(west - shifts, north, is_point=(kinds == POINT)[part_of_ring[ring_of_vertex[stays]]]),
    )


def _entry_shifts(shapes: np.ndarray) -> np.ndarray:
    bounds = shapely.bounds(shapes)
    return wrap_shifts(bounds[:, 0], bounds[:, 2])


def _simple_parts(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points, lines and areas that are not empty, and the index of the geometry of each."""
    has_parts = shapely.get_type_id(shapes) >= _FIRST_MULTI
    parts, rows = shapes[has_parts], np.flatnonzero(has_parts)
    while len(parts) and (shapely.get_type_id(parts) >= _FIRST_MULTI).any():
        parts, owners = shapely.get_parts(parts, return_index=True)
        rows = rows[owners]
    parts, rows = np.concatenate((shapes[~has_parts], parts)), np.concatenate((np.flatnonzero(~has_parts), rows))
    filled = ~shapely.is_empty(parts)
    return parts[filled], rows[filled]


def _rings(parts: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points, lines, outlines and holes of parts in order, and the index of the part of each."""
    areas, others = np.flatnonzero(kinds == AREA), np.flatnonzero(kinds != AREA)
    rings, owners = shapely.get_rings(parts[areas], return_index=True)
    all_rings = np.concatenate([rings, parts[others]])
    part_of_ring = np.concatenate([areas[owners], others])
    order = np.argsort(part_of_ring, kind="stable")
    return all_rings[order], part_of_ring[order]
