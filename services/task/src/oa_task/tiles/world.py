"""The integer grid of the tiles: Web Mercator, with the 4,096 units of a tile of the highest zoom."""

import numpy as np

MAX_ZOOM = 14
EXTENT_BITS = 12
EXTENT = 1 << EXTENT_BITS
WORLD_BITS = MAX_ZOOM + EXTENT_BITS
WORLD = 1 << WORLD_BITS
_MAX_LATITUDE = 85.0511287798066
_MOST_WORLDS = 1.5


def wrap_shifts(west: np.ndarray, east: np.ndarray) -> np.ndarray:
    """Return the multiples of 360 degrees to subtract, so that the center of each feature is between -180 and 180."""
    middle = west / 2 + east / 2
    turns = np.where(np.abs(middle) > 180.0, np.floor((middle + 180.0) / 360.0), 0.0)  # noqa: PLR2004 - degrees
    return np.asarray(turns * 360.0)


def project(longitude: np.ndarray, latitude: np.ndarray, *, is_point: np.ndarray | bool) -> np.ndarray:
    """Return x to the east and y to the south in units of the world, int32 of shape (n, 2).

    Points are in the unit that contains them, so that they stay in their tile; other vertices are rounded.
    Latitudes beyond the map are at its edge; longitudes are at most one and a half worlds from the middle.
    """
    units = np.empty((len(longitude), 2), dtype=np.int32)
    nearest = np.where(is_point, 0.0, 0.5)
    share = np.clip(longitude / 360.0, -_MOST_WORLDS, _MOST_WORLDS) + 0.5
    units[:, 0] = np.floor(share * WORLD + nearest)
    angle = np.radians(np.clip(latitude, -_MAX_LATITUDE, _MAX_LATITUDE))
    rows = np.floor((0.5 - np.arcsinh(np.tan(angle)) / (2 * np.pi)) * WORLD + nearest)
    units[:, 1] = np.clip(rows, 0, WORLD - 1)
    return units


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a place in units of the world."""
    return x / WORLD * 360.0 - 180.0, float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / WORLD)))))
