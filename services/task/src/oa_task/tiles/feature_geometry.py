"""Geometries as the command integers of vector tiles (specification 2.1, section 4.3)."""

import numpy as np

from oa_task.tiles.outlines import AREA, POINT
from oa_task.tiles.ragged import places_within
from oa_task.tiles.rings import Rings
from oa_task.tiles.varints import zigzag

_MOVE_ONE, _LINE_TO, _MOVE_TO, _CLOSE = 9, 2, 1, 15
Commands = tuple[np.ndarray, np.ndarray]
"""The integers of all features one after the other (uint32), and how many each feature has."""


def point_commands(vertices: np.ndarray) -> Commands:
    """Return the commands of features that are one point each."""
    numbers = np.empty((len(vertices), 3), dtype=np.uint32)
    numbers[:, 0] = _MOVE_ONE
    numbers[:, 1:] = zigzag(vertices)
    return numbers.reshape(-1), np.full(len(vertices), 3, dtype=np.int64)


def ring_commands(rings: Rings, features: int) -> Commands:
    """Return the commands of features 0 to `features` - 1, the owners of rings, which each has."""
    is_first = np.diff(rings.owners, prepend=-1) != 0
    is_point, is_area = rings.kinds == POINT, rings.kinds == AREA
    starts_command = ~is_point | is_first
    counts = 2 * rings.sizes + starts_command + ~is_point + is_area
    ends = np.cumsum(counts)
    firsts = ends - counts
    numbers = np.empty(int(ends[-1]), dtype=np.uint32)
    points_of_owner = np.bincount(rings.owners, weights=is_point, minlength=features).astype(np.int64)
    opening = np.where(is_point, points_of_owner[rings.owners] << 3 | _MOVE_TO, _MOVE_ONE)
    numbers[firsts[starts_command]] = opening[starts_command]
    long = ~is_point
    numbers[firsts[long] + 3] = (rings.sizes[long] - 1) << 3 | _LINE_TO
    numbers[ends[is_area] - 1] = _CLOSE
    places = _vertex_places(rings, firsts, starts_command)
    steps = zigzag(_steps(rings, is_first))
    numbers[places], numbers[places + 1] = steps[:, 0], steps[:, 1]
    return numbers, np.bincount(rings.owners, weights=counts, minlength=features).astype(np.int64)


def _vertex_places(rings: Rings, firsts: np.ndarray, starts_command: np.ndarray) -> np.ndarray:
    """Return the place of each vertex: the first of a ring is after one command, the others after a second one."""
    places: np.ndarray = np.repeat(firsts, rings.sizes) + 2 * places_within(rings.sizes) + 2
    places[rings.starts] = firsts + starts_command
    return places


def _steps(rings: Rings, is_first: np.ndarray) -> np.ndarray:
    steps = np.diff(rings.vertices, axis=0, prepend=rings.vertices[:1] * 0)
    firsts = rings.starts[is_first]
    steps[firsts] = rings.vertices[firsts]
    return steps
