"""GeoJSON: collections, sequences and single features, with properties as text (docs/engine.md, "Reading")."""

from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import polars as pl
import shapely

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Geometry, Points, Shapes
from oa_task.read.announcement import page_of_members
from oa_task.read.crs import Projection, UnknownCrsFailure, lon_lat_points, lon_lat_shapes, projection
from oa_task.read.encoding import TextFile
from oa_task.read.geojson_collection import Block
from oa_task.read.geojson_crs import check_same_crs, find_crs
from oa_task.read.geojson_geometry import geometries, is_empty
from oa_task.read.geojson_stream import GeoJsonStream
from oa_task.read.json_columns import has_rounded_integer, json_column
from oa_task.read.mixed_encodings import Utf8Cells
from oa_task.read.request import ReadRequest
from oa_task.read.undecodable import UndecodableCells

Feature = dict[str, object]


def read_geojson(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of features that have a geometry. Raises TaskFailure source.format, source.crs, source.encoding."""
    name, bad_rows = request.path.name, request.bad_rows
    file = TextFile(request.path, request.option("encoding"))
    crs = None if request.option("srs") else find_crs(file)
    srs = _projection(request, crs)
    undecodable, utf8_cells = UndecodableCells(file, bad_rows), Utf8Cells(file.codec)
    stream = GeoJsonStream(file.pieces(), bad_rows, name)
    for block in stream.blocks():
        batch = _batch(block, request, srs)
        if file.may_hold_utf8:
            utf8_cells.look(batch.columns)
        rows = np.arange(batch.first_row, batch.first_row + len(batch)) if batch.rows is None else batch.rows
        yield replace(batch, columns=undecodable.clear(batch.columns, rows))
    for collection in stream.collections:
        bad_rows.pages.add(page_of_members(name, collection.members, collection.features))
    if not request.option("srs"):
        check_same_crs(name, stream.collections, crs)
    undecodable.warn()
    utf8_cells.warn(bad_rows)


def _projection(request: ReadRequest, crs: str | None) -> Projection:
    """Return the projection of `srs` if it is set, else of the `crs` of the data if it is known.

    Raises TaskFailure source.crs for one that is not a map.
    """
    if srs := request.option("srs"):
        return projection(srs)
    try:
        return projection(crs)
    except UnknownCrsFailure as failure:
        request.bad_rows.warn(f"ignored the member crs of the data: {failure.message}")
        return projection(None)


def _batch(block: Block, request: ReadRequest, srs: Projection) -> FeatureBatch:
    first_row = request.bad_rows.rows_read
    request.bad_rows.rows_read += len(block.features)
    features, rows = _with_geometry(block.features, first_row, request)
    raw = geometries([_geometry(feature) for feature in features])
    is_readable = _check_readable(raw, features, rows, request.bad_rows)
    if not is_readable.all():
        features = [feature for feature, keep in zip(features, is_readable, strict=True) if keep]
        rows, raw = rows[is_readable], _select(raw, is_readable)
    frame, available = _frame(block, features, rows - first_row, request.columns)
    geometry: Geometry
    if isinstance(raw, Points):
        geometry = lon_lat_points(raw.x, raw.y, rows, srs=srs, bad_rows=request.bad_rows)
    else:
        geometry = lon_lat_shapes(raw.array, rows, srs=srs, bad_rows=request.bad_rows)
    gaps = rows if len(rows) < len(block.features) else None
    return FeatureBatch(first_row, frame, geometry, available, gaps)


def _select(geometry: Geometry, keep: np.ndarray) -> Geometry:
    return Points(geometry.x[keep], geometry.y[keep]) if isinstance(geometry, Points) else Shapes(geometry.array[keep])


def _geometry(feature: Feature) -> dict[str, object]:
    geometry = feature.get("geometry")
    return geometry if isinstance(geometry, dict) else {}


def _with_geometry(features: list[object], first_row: int, request: ReadRequest) -> tuple[list[Feature], np.ndarray]:
    """Return the features that have a geometry or need none, and their row numbers; count the others."""
    bad_rows = request.bad_rows
    has_geometry = np.array(
        [isinstance(feature, dict) and isinstance(feature.get("geometry"), dict) for feature in features], dtype=bool
    )
    is_feature = has_geometry.copy()
    for index in np.flatnonzero(~has_geometry):
        is_feature[index] = _is_feature(features[index])
    others = np.flatnonzero(~is_feature)
    bad_rows.note("not a feature", first_row + others, [str(features[n]) for n in others[:5]], code="source.format")
    if request.keeps_null_geometry:
        has_geometry = is_feature
    bad_rows.leave_out("the geometry is null", int((is_feature & ~has_geometry).sum()))
    usable = [
        feature for feature, keep in zip(features, has_geometry, strict=True) if keep and isinstance(feature, dict)
    ]
    return usable, first_row + np.flatnonzero(has_geometry)


def _is_feature(value: object) -> bool:
    return isinstance(value, dict) and ("geometry" in value or value.get("type") == "Feature")


def _check_readable(raw: Geometry, features: list[Feature], rows: np.ndarray, bad_rows: BadRows) -> np.ndarray:
    """Return a mask of the geometries that could be read, empty ones included; count the others as bad rows."""
    absent = np.isnan(raw.x) | np.isnan(raw.y) if isinstance(raw, Points) else shapely.is_missing(raw.array)
    unreadable = [
        index
        for index in np.flatnonzero(absent)
        if features[index].get("geometry") is not None and not is_empty(_geometry(features[index]))
    ]
    examples = [str(features[index]["geometry"])[:100] for index in unreadable[:5]]
    bad_rows.note("unreadable geometry", rows[unreadable], examples, code="source.format")
    is_readable = np.ones(len(raw), dtype=bool)
    is_readable[unreadable] = False
    return is_readable


def _frame(
    block: Block, features: list[Feature], positions: np.ndarray, columns: Container[str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the selected properties as columns, and the names of all properties.

    `positions` holds the position of each feature in the block.
    """
    properties = [_properties(feature) for feature in features]
    available = tuple(dict.fromkeys(chain.from_iterable(properties)))
    data = {name: [row.get(name) for row in properties] for name in available if name in columns}
    if any(has_rounded_integer(values) for values in data.values()):
        exact = block.exact()
        properties = [_properties(exact[position]) for position in positions]
        data = {name: [row.get(name) for row in properties] for name in data}
    return pl.DataFrame({name: json_column(values) for name, values in data.items()}), available


def _properties(feature: object) -> dict[str, object]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}
