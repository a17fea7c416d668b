"""Rings on the grid: the order of rings, holes without an outline, and repaired areas."""

import numpy as np
import shapely

from oa_task.tiles.cleaning import clean
from oa_task.tiles.outlines import AREA, LINE
from oa_task.tiles.rings import Rings

SQUARE = [(0, 0), (9, 0), (9, 9), (0, 9)]
FLAT = [(0, 0), (9, 0), (4, 0)]


def rings_of(*rings: tuple[int, int, int, bool, list[tuple[int, int]]]) -> Rings:
    """Return rings of owner, kind, part, whether a hole, and vertices."""
    owners, kinds, parts, is_hole, vertices = zip(*rings, strict=True)
    sizes = np.array([len(ring) for ring in vertices])
    numbers = np.concatenate([np.array(ring, dtype=np.int32) for ring in vertices])
    return Rings(np.array(owners), np.array(kinds), np.array(parts), np.array(is_hole), sizes, numbers)


def test_clean_drops_the_hole_of_a_lost_outline_although_another_feature_has_a_part_of_that_number() -> None:
    cleaned = clean(rings_of((0, AREA, 1, False, FLAT), (0, AREA, 1, True, SQUARE), (1, AREA, 1, False, SQUARE)))
    assert cleaned.owners.tolist() == [1]
    assert not cleaned.is_hole.any()


def test_clean_keeps_the_parts_of_a_line_in_their_order() -> None:
    """The parts of a cut line have one number, and some need more passes than others."""
    straight, bent = [(0, 0), (5, 0), (9, 0)], [(20, 0), (25, 3), (29, 0)]
    cleaned = clean(rings_of((0, LINE, 1, False, straight), (0, LINE, 1, False, bent), (0, LINE, 1, False, straight)))
    assert cleaned.sizes.tolist() == [2, 3, 2]
    assert cleaned.vertices[2:5].tolist() == [list(place) for place in bent]


def test_clean_makes_areas_valid_on_the_grid_without_repeated_vertices() -> None:
    random = np.random.default_rng(1)
    areas = [random.integers(0, side, (corners, 2)).tolist() for side in (6, 40, 4_000) for corners in range(5, 30)]
    cleaned = clean(rings_of(*((owner, AREA, owner, False, ring) for owner, ring in enumerate(areas))))
    assert set(cleaned.owners.tolist()) == set(range(len(areas)))
    for owner in range(len(areas)):
        rings = [
            (bool(cleaned.is_hole[place]), cleaned.vertices[start : start + cleaned.sizes[place]])
            for place, start in enumerate(cleaned.starts)
            if cleaned.owners[place] == owner
        ]
        polygons: list[tuple[np.ndarray, list[np.ndarray]]] = []
        for is_hole, ring in rings:
            assert (np.roll(ring, 1, axis=0) != ring).any(axis=1).all()
            assert shapely.LinearRing(ring).is_ccw != is_hole
            if is_hole:
                polygons[-1][1].append(ring)
            else:
                polygons.append((ring, []))
        assert shapely.MultiPolygon(polygons).is_valid
