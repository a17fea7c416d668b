"""ArcGIS downloads: text columns and geometries from lines of Esri JSON (docs/engine.md, "ArcGIS servers")."""

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import orjson
import polars as pl
import shapely

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Geometry, Points, Shapes
from oa_task.read.columns import text
from oa_task.read.crs import lon_lat_points, lon_lat_shapes, projection
from oa_task.read.esri_geometry import as_points, as_shapes, has_parts
from oa_task.read.esri_lines import follow_lines
from oa_task.read.json_columns import are_int64
from oa_task.read.request import ReadRequest
from oa_task.runtime.failure import TaskFailure

BATCH_ROWS = 5_000
JsonObject = dict[str, object]


def read_esri(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of the features that have a geometry, or values in the columns `lat` and `lon` in place of one.

    The header names the CRS of the server's responses; the reader does not apply `srs` of the conform to them.
    Raises TaskFailure upstream.truncated or source.format.
    """
    lines = follow_lines(request.path, warn=request.bad_rows.warn)
    first_row = request.bad_rows.rows_read
    try:
        header: JsonObject = orjson.loads(next(lines, b"null"))
        size = min(BATCH_ROWS, request.limit or BATCH_ROWS)
        while batch := list(islice(lines, size)):
            yield _batch(orjson.loads(b"[" + b",".join(batch) + b"]"), header, request, first_row=first_row)
            first_row += len(batch)
            request.bad_rows.rows_read += len(batch)
    except orjson.JSONDecodeError as error:
        raise TaskFailure("source.format", f"{request.path.name} has a line that is not Esri JSON: {error}") from error


def _batch(features: list[JsonObject], header: JsonObject, request: ReadRequest, *, first_row: int) -> FeatureBatch:
    attributes = [_attributes(feature) for feature in features]
    available = _field_names(header, attributes)
    frame = _frame(attributes, available, request.columns)
    numbers = np.arange(first_row, first_row + len(features))
    raw = [feature.get("geometry") for feature in features]
    geometry, is_unreadable = _geometry(raw, header.get("srs"), rows=numbers, bad_rows=request.bad_rows)
    geometry, has_geometry = _with_coordinate_columns(geometry, frame, request.conform)
    rows = None
    if not has_geometry.all():
        rows = first_row + np.flatnonzero(has_geometry)
        request.bad_rows.leave_out("no geometry", int((~has_geometry & ~is_unreadable).sum()))
        frame = frame.filter(pl.Series(has_geometry)) if frame.width else frame
    real = frozenset(name for name in frame.columns if _holds_reals([row.get(name) for row in attributes]))
    return FeatureBatch(first_row, frame, geometry, tuple(available), rows, real)


def _attributes(feature: JsonObject) -> JsonObject:
    attributes = feature.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def _field_names(header: JsonObject, attributes: Sequence[JsonObject]) -> list[str]:
    """Return the names in the header and in the attributes, sorted."""
    fields = header.get("fields")
    names = {str(name) for name in fields} if isinstance(fields, list) else set()
    return sorted(names.union(*attributes))


def _frame(attributes: list[JsonObject], names: list[str], columns: Container[str]) -> pl.DataFrame:
    return pl.DataFrame({name: _column([row.get(name) for row in attributes]) for name in names if name in columns})


def _column(values: list[object]) -> pl.Series:
    """Return values as text, "" for null and for an absent one."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {str}:
        series = pl.Series(values, dtype=pl.String).fill_null("")
        return series.str.replace_all("\r\n?", "\n") if series.str.contains("\r", literal=True).any() else series
    if kinds == {int} and are_int64(values):
        return pl.Series(values, dtype=pl.Int64).cast(pl.String).fill_null("")
    return pl.Series([text(value) for value in values], dtype=pl.String)


def _holds_reals(values: list[object]) -> bool:
    kinds = set(map(type, values)) - {type(None)}
    return float in kinds and kinds <= {int, float}


def _geometry(
    geometries: list[object], srs: object, *, rows: np.ndarray, bad_rows: BadRows
) -> tuple[Geometry, np.ndarray]:
    """Return the geometries, and a mask of those that have parts and cannot be read, which are bad rows."""
    points = as_points(geometries)
    to_lon_lat = projection(srs if isinstance(srs, str) else None)
    if points is not None:
        return lon_lat_points(*points, rows, srs=to_lon_lat, bad_rows=bad_rows), np.zeros(len(rows), dtype=bool)
    shapes = as_shapes(geometries)
    is_unreadable: np.ndarray = shapely.is_missing(shapes)
    is_unreadable[is_unreadable] = [has_parts(geometries[index]) for index in np.flatnonzero(is_unreadable)]
    examples = [str(geometries[index])[:100] for index in np.flatnonzero(is_unreadable)[:5]]
    bad_rows.note("unreadable geometry", rows[is_unreadable], examples, code="source.format")
    return lon_lat_shapes(shapes, rows, srs=to_lon_lat, bad_rows=bad_rows), is_unreadable


def _with_coordinate_columns(
    geometry: Geometry, frame: pl.DataFrame, conform: Mapping[str, object]
) -> tuple[Geometry, np.ndarray]:
    """Return the geometries, completed from the columns `lat` and `lon`, and a mask of the rows that have one."""
    if isinstance(geometry, Points):
        x, y = _fill_from_columns(geometry, frame, conform)
        has_geometry = np.isfinite(x) & np.isfinite(y)
        return Points(x[has_geometry], y[has_geometry]), has_geometry
    shapes = geometry.array
    is_missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if is_missing.any():
        missing = np.full(len(shapes), np.nan)
        x, y = _fill_from_columns(Points(missing, missing.copy()), frame, conform)
        is_filled = is_missing & np.isfinite(x) & np.isfinite(y)
        shapes[is_filled] = shapely.points(x[is_filled], y[is_filled])
        is_missing &= ~is_filled
    return Shapes(shapes[~is_missing]), ~is_missing


def _fill_from_columns(
    points: Points, frame: pl.DataFrame, conform: Mapping[str, object]
) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates, with those of the columns that the conform names in place of missing ones."""
    lat, lon = conform.get("lat"), conform.get("lon")
    if not isinstance(lat, str) or not isinstance(lon, str) or not {lat, lon} <= set(frame.columns):
        return points.x, points.y
    absent = ~(np.isfinite(points.x) & np.isfinite(points.y))
    x, y = (frame[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy() for name in (lon, lat))
    return np.where(absent, x, points.x), np.where(absent, y, points.y)
