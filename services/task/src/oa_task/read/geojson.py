"""GeoJSON: collections, sequences and single features, properties as text (ENGINE part A, section 6)."""

from collections.abc import Container, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Geometry, Points, Shapes
from oa_task.read.crs import Projection, lon_lat_points, lon_lat_shapes, projection
from oa_task.read.encoding import utf8_pieces
from oa_task.read.geojson_collection import Block
from oa_task.read.geojson_geometry import geometries, is_empty
from oa_task.read.geojson_stream import feature_blocks, member_after_features, member_before_features
from oa_task.read.json_columns import has_rounded_integer, json_column
from oa_task.read.request import ReadRequest
from oa_task.read.web_page import refuse_web_page
from oa_task.runtime.failure import TaskFailure

_ENDS_BYTES = 64 * 1024
Feature = dict[str, Any]


def read_geojson(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of features that have a geometry. Raises TaskFailure source.format, source.crs, source.encoding."""
    refuse_web_page(request.path, "GeoJSON")
    srs = _projection(request)
    pieces = utf8_pieces(request.path, request.conform.get("encoding"))
    for block in feature_blocks(pieces, request.bad_rows, request.path.name):
        yield _batch(block, request, srs)


def _projection(request: ReadRequest) -> Projection:
    """Return the way to longitude and latitude: from `srs`, else from the `crs` of the data if it is a known one."""
    if request.conform.get("srs"):
        return projection(str(request.conform["srs"]))
    named = _named_crs(request.path)
    try:
        return projection(named)
    except TaskFailure as failure:
        request.bad_rows.warn(f"the member crs is left out of account: {failure.message}")
        return projection(None)


def _named_crs(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(_ENDS_BYTES)
        file.seek(max(path.stat().st_size - _ENDS_BYTES, 0))
        tail = file.read()
    crs = member_before_features(head.removeprefix(b"\xef\xbb\xbf"), "crs") or member_after_features(tail, "crs")
    named = crs.get("properties") if isinstance(crs, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    return name if isinstance(name, str) and name else None


def _batch(block: Block, request: ReadRequest, srs: Projection) -> FeatureBatch:
    first_row = request.bad_rows.rows_read
    request.bad_rows.rows_read += len(block.features)
    features, rows = _with_geometry(block.features, first_row, request.bad_rows)
    found = geometries([feature["geometry"] for feature in features])
    keep = _readable(found, features, rows, request.bad_rows)
    if not keep.all():
        features = [feature for feature, is_kept in zip(features, keep, strict=True) if is_kept]
        rows, found = rows[keep], _kept(found, keep)
    frame, available = _frame(block, features, rows - first_row, request.columns)
    placed: Geometry
    if isinstance(found, Points):
        placed = lon_lat_points(found.x, found.y, rows, srs=srs, bad_rows=request.bad_rows)
    else:
        placed = lon_lat_shapes(found.array, rows, srs=srs, bad_rows=request.bad_rows)
    gaps = rows if len(rows) < len(block.features) else None
    return FeatureBatch(first_row, frame, placed, available, gaps)


def _kept(found: Geometry, keep: np.ndarray) -> Geometry:
    return Points(found.x[keep], found.y[keep]) if isinstance(found, Points) else Shapes(found.array[keep])


def _with_geometry(features: list[Any], first_row: int, bad_rows: BadRows) -> tuple[list[Feature], np.ndarray]:
    """Return the features that have a geometry, and their rows."""
    is_feature = np.array([isinstance(feature, dict) for feature in features], dtype=bool)
    has_geometry = np.array(
        [isinstance(feature, dict) and isinstance(feature.get("geometry"), dict) for feature in features], dtype=bool
    )
    others = np.flatnonzero(~is_feature)
    bad_rows.note("not a feature", first_row + others, [str(features[n]) for n in others[:5]], code="source.format")
    bad_rows.leave_out("the geometry is null", int((is_feature & ~has_geometry).sum()))
    kept = np.flatnonzero(has_geometry)
    return [features[place] for place in kept], first_row + kept


def _readable(found: Geometry, features: list[Feature], rows: np.ndarray, bad_rows: BadRows) -> np.ndarray:
    """Tell which geometries could be read, the empty ones among them, and note the others."""
    absent = np.isnan(found.x) | np.isnan(found.y) if isinstance(found, Points) else shapely.is_missing(found.array)
    unreadable = [place for place in np.flatnonzero(absent) if not is_empty(features[place]["geometry"])]
    shown = [str(features[place]["geometry"])[:100] for place in unreadable[:5]]
    bad_rows.note("unreadable geometry", rows[unreadable], shown, code="source.format")
    keep = np.ones(len(found), dtype=bool)
    keep[unreadable] = False
    return keep


def _frame(
    block: Block, features: list[Feature], places: np.ndarray, columns: Container[str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the wanted properties as columns and the names of all; `places` are the features' in the block."""
    properties = [_properties(feature) for feature in features]
    available = tuple(dict.fromkeys(chain.from_iterable(properties)))
    data = {name: [row.get(name) for row in properties] for name in available if name in columns}
    if any(has_rounded_integer(values) for values in data.values()):
        exact = block.exact()
        properties = [_properties(exact[place]) for place in places]
        data = {name: [row.get(name) for row in properties] for name in data}
    return pl.DataFrame({name: json_column(values) for name, values in data.items()}), available


def _properties(feature: Feature) -> dict[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}
