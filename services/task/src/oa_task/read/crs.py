"""Coordinate reference systems: always to longitude and latitude in EPSG:4326."""

from functools import cache
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from oa_task.failure import TaskFailure

TARGET = "EPSG:4326"
# GDAL replaces a deprecated code by its successor without a word; so do we.
_SUCCESSORS = {"EPSG:26591": "EPSG:3003"}


def to_lon_lat(x: np.ndarray, y: np.ndarray, srs: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Transform arrays of coordinates, x first whatever the CRS says; what cannot be transformed becomes NaN."""
    transformer = _transformer(srs)
    if transformer is None:
        return x, y
    lon, lat = transformer.transform(x, y)
    bad = ~(np.isfinite(lon) & np.isfinite(lat))
    lon[bad] = lat[bad] = np.nan
    return lon, lat


def shapes_to_lon_lat(shapes: np.ndarray, srs: str | None) -> np.ndarray:
    """Transform an array of geometries; Z and M are dropped."""
    flat = shapely.force_2d(shapes)
    transformer = _transformer(srs)
    if transformer is None:
        return np.asarray(flat)

    def transform(coordinates: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))

    return np.asarray(shapely.transform(flat, transform))


@cache
def _transformer(srs: str | None) -> Any:
    if srs is None or srs == TARGET:
        return None
    try:
        crs = CRS.from_user_input(_SUCCESSORS.get(srs, srs))
        if crs == CRS.from_user_input(TARGET):
            return None
        return Transformer.from_crs(crs, TARGET, always_xy=True)
    except CRSError as error:
        raise TaskFailure("source.crs", f"the coordinate reference system {srs[:100]!r} is unknown") from error
