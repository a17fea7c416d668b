"""The cells of a square grid in the Web Mercator projection: at zoom z the world is 2^z cells wide and high."""

import numpy as np

_MAX_LATITUDE = 85.0511287798066


def cells_of(x: np.ndarray, y: np.ndarray, zoom: int) -> np.ndarray:
    """Return the number of the cell of each point."""
    size = 1 << zoom
    latitude = np.radians(np.clip(y, -_MAX_LATITUDE, _MAX_LATITUDE))
    column = np.floor((x + 180.0) / 360.0 * size)
    row = np.floor((1.0 - np.arcsinh(np.tan(latitude)) / np.pi) / 2.0 * size)
    column, row = (np.clip(values, 0, size - 1).astype(np.int64) for values in (column, row))
    numbers: np.ndarray = (row << zoom) | column
    return numbers


def coarser_cells(cells: np.ndarray, zoom: int, *, to: int) -> np.ndarray:
    """Return the cells of a lower zoom that contain the cells."""
    shift = zoom - to
    column, row = cells & ((1 << zoom) - 1), cells >> zoom
    numbers: np.ndarray = ((row >> shift) << to) | (column >> shift)
    return numbers


def sides_of(cells: np.ndarray, zoom: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return west, south, east and north of cells, in degrees."""
    size = 1 << zoom
    column, row = cells & (size - 1), cells >> zoom
    west, east = (values / size * 360.0 - 180.0 for values in (column, column + 1))
    south, north = (np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * values / size)))) for values in (row + 1, row))
    return west, south, east, north
