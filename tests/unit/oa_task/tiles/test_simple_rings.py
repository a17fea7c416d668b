"""Areas that are seen to be valid without GEOS are valid for GEOS too."""

from collections.abc import Sequence

import numpy as np
import pytest
import shapely

from oa_task.tiles.outlines import AREA
from oa_task.tiles.rings import Rings
from oa_task.tiles.simple_rings import are_seen_valid

Corners = Sequence[tuple[int, int]]
SQUARE = [(0, 0), (9, 0), (9, 9), (0, 9)]
BENT = [(0, 0), (9, 0), (9, 9), (8, 9), (8, 1), (1, 1), (1, 9), (0, 9)]
"""A "U", whose middle is outside of it."""
MANY = 1_000


def rings_of(areas: Sequence[Sequence[Corners]], holes: Sequence[tuple[int, int]] = ()) -> Rings:
    """Return the rings of areas, each of some rings; `holes` are pairs of an area and its ring."""
    flat = [(owner, place, ring) for owner, rings in enumerate(areas) for place, ring in enumerate(rings)]
    is_hole = np.array([(owner, place) in holes for owner, place, _ in flat])
    return Rings(
        np.array([owner for owner, _, _ in flat]),
        np.full(len(flat), AREA),
        np.cumsum(~is_hole),
        is_hole,
        np.array([len(ring) for _, _, ring in flat]),
        np.concatenate([np.array(ring, dtype=np.int32) for _, _, ring in flat]),
    )


def translate(ring: Corners, by: int) -> Corners:
    return [(x + by, y + by) for x, y in ring]


def has_straight_corner(rings: Sequence[Corners]) -> np.ndarray:
    """Return whether two adjacent edges of a ring are on one line: `clean` drops such corners before."""
    corners = np.array(rings)
    steps = corners - np.roll(corners, 1, axis=1)
    following = np.roll(steps, -1, axis=1)
    return np.asarray((steps[..., 0] * following[..., 1] == steps[..., 1] * following[..., 0]).any(axis=1))


@pytest.mark.parametrize("corners", range(3, 12))
@pytest.mark.parametrize("side", [4, 12, 4_000])
def test_are_seen_valid_agrees_with_geos(corners: int, side: int) -> None:
    """On a coarse grid, corners and edges of a ring often touch; on a fine one, only edges cross."""
    random = np.random.default_rng(corners * side)
    rings = random.integers(-side, side, (MANY, corners, 2)).tolist()
    seen = are_seen_valid(rings_of([[ring] for ring in rings]))
    valid = np.array([shapely.Polygon(ring).is_valid and len(set(map(tuple, ring))) == corners for ring in rings])
    assert not (seen & ~valid).any()
    assert not (valid & ~has_straight_corner(rings) & ~seen).any()


def test_are_seen_valid_is_true_for_an_area_around_a_bay() -> None:
    assert are_seen_valid(rings_of([[BENT], [BENT[::-1]]])).tolist() == [True, True]


@pytest.mark.parametrize(
    "ring",
    [
        [(0, 0), (9, 9), (9, 0), (0, 9)],
        [(0, 0), (9, 0), (9, 9), (4, 0), (0, 9)],
        [(0, 0), (9, 0), (9, 9), (4, 4), (0, 9), (0, 5), (4, 4), (0, 3)],
        [(0, 0), (9, 0), (9, 1), (9, 5), (9, 2), (0, 2)],
        [(0, 0), (8, 0), (8, 4), (6, 0), (2, 0), (0, 4)],
    ],
    ids=["crossing", "corner-on-edge", "two-corners-at-one-place", "edge-back-on-itself", "edges-on-one-line"],
)
def test_are_seen_valid_leaves_touching_edges_to_geos(ring: Corners) -> None:
    assert not are_seen_valid(rings_of([[ring]])).any()


def test_are_seen_valid_of_several_rings_is_true_for_two_parts_apart_only() -> None:
    areas = [
        [SQUARE, translate(SQUARE, 20)],
        [SQUARE, translate(SQUARE, 9)],
        [SQUARE, [(2, 2), (2, 4), (4, 4), (4, 2)]],
        [SQUARE, translate(SQUARE, 20), translate(SQUARE, 40)],
        [SQUARE, translate([(0, 0), (9, 9), (9, 0), (0, 9)], 20)],
    ]
    seen = are_seen_valid(rings_of(areas, holes=[(2, 1)]))
    assert seen.tolist() == [True, True, False, False, False, False, False, False, False, False, False]


def test_are_seen_valid_leaves_places_whose_products_are_too_large_to_geos() -> None:
    far = 1 << 20
    assert not are_seen_valid(rings_of([[[(x * far, y * far) for x, y in BENT]]])).any()
