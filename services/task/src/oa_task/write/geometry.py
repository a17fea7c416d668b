"""Geometries for output: rounded to 7 decimals as Python rounds, as GeoJSON."""

import json
import math
from typing import Any

import numpy as np
import shapely

from oa_task.features import FeatureBatch, Points

DECIMALS = 7
POINT_LAYERS = frozenset({"addresses"})


def output_geometries(batch: FeatureBatch, layer: str) -> list[Any]:
    """Return GeoJSON geometries, None where there is none; addresses become points on their surface."""
    if isinstance(batch.geometry, Points):
        pairs = zip(batch.geometry.x.tolist(), batch.geometry.y.tolist(), strict=True)
        return [None if math.isnan(x) else _point(x, y) for x, y in pairs]
    shapes = batch.geometry.array
    if layer in POINT_LAYERS:
        shapes = _surface_points(shapes)
    rounded = shapely.transform(shapes, _rounded)
    return [_parsed(text) for text in np.atleast_1d(shapely.to_geojson(rounded))]


def _surface_points(shapes: np.ndarray) -> np.ndarray:
    result = np.array(shapes, copy=True)
    is_other = ~np.isin(shapely.get_type_id(shapes), (-1, 0))
    result[is_other] = shapely.point_on_surface(shapes[is_other])
    return result


def _rounded(coordinates: np.ndarray) -> np.ndarray:
    flat = coordinates.ravel().tolist()
    return np.array([round(value, DECIMALS) for value in flat]).reshape(coordinates.shape)


def _point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(x, DECIMALS), round(y, DECIMALS)]}


def _parsed(text: str | None) -> Any:
    geometry = json.loads(text) if text else None
    is_empty_point = geometry is not None and geometry["type"] == "Point" and not geometry["coordinates"]
    return None if is_empty_point else geometry
