"""ArcGIS downloads: lines of Esri JSON to columns of text and geometries (ENGINE part A, sections 4 and 6)."""

from collections.abc import Container, Iterator
from itertools import islice
from typing import Any

import numpy as np
import orjson
import polars as pl
import shapely

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Geometry, Points, Shapes
from oa_task.read.columns import text
from oa_task.read.crs import lon_lat_points, lon_lat_shapes, projection
from oa_task.read.esri_geometry import as_points, as_shapes
from oa_task.read.esri_lines import follow_lines
from oa_task.read.request import ReadRequest
from oa_task.runtime.failure import TaskFailure

BATCH_ROWS = 5_000
_INT64_MAX = 2**63
Feature = dict[str, Any]


def read_esri(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of the features that have a geometry, or the columns `lat` and `lon` in place of one.

    The header says in which CRS the server answered; `srs` of the conform is not applied to it a second time.
    Raises TaskFailure upstream.truncated or source.format.
    """
    lines = follow_lines(request.path)
    first_row = request.bad_rows.rows_read
    try:
        header: dict[str, Any] = orjson.loads(next(lines, b"null"))
        size = min(BATCH_ROWS, request.enough or BATCH_ROWS)
        while batch := list(islice(lines, size)):
            yield _batch(orjson.loads(b"[" + b",".join(batch) + b"]"), header, request, first_row=first_row)
            first_row += len(batch)
            request.bad_rows.rows_read += len(batch)
    except orjson.JSONDecodeError as error:
        raise TaskFailure("source.format", f"{request.path.name} is not lines of Esri JSON: {error}") from error


def _batch(features: list[Feature], header: dict[str, Any], request: ReadRequest, *, first_row: int) -> FeatureBatch:
    attributes = [feature.get("attributes") or {} for feature in features]
    available = sorted({*header.get("fields", ()), *(name for row in attributes for name in row)})
    frame = _frame(attributes, available, request.columns)
    numbers = np.arange(first_row, first_row + len(features))
    found = [feature.get("geometry") for feature in features]
    geometry = _geometry(found, header.get("srs"), rows=numbers, bad_rows=request.bad_rows)
    geometry, is_there = _with_columns(geometry, frame, request.conform)
    rows = None
    if not is_there.all():
        rows = first_row + np.flatnonzero(is_there)
        request.bad_rows.leave_out("no geometry", int((~is_there).sum()))
        frame = frame.filter(pl.Series(is_there)) if frame.width else frame
    return FeatureBatch(first_row, frame, geometry, tuple(available), rows)


def _frame(attributes: list[dict[str, Any]], names: list[str], wanted: Container[str]) -> pl.DataFrame:
    return pl.DataFrame({name: _column([row.get(name) for row in attributes]) for name in names if name in wanted})


def _column(values: list[Any]) -> pl.Series:
    """Return values as text; what is null or absent is empty."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {str}:
        series = pl.Series(values, dtype=pl.String).fill_null("")
        return series.str.replace_all("\r\n?", "\n") if series.str.contains("\r", literal=True).any() else series
    if kinds == {int} and all(value is None or -_INT64_MAX <= value < _INT64_MAX for value in values):
        return pl.Series(values, dtype=pl.Int64).cast(pl.String).fill_null("")
    return pl.Series([text(value) for value in values], dtype=pl.String)


def _geometry(geometries: list[Any], srs: str | None, *, rows: np.ndarray, bad_rows: BadRows) -> Geometry:
    points = as_points(geometries)
    way = projection(srs)
    if points is not None:
        return lon_lat_points(*points, rows, srs=way, bad_rows=bad_rows)
    return lon_lat_shapes(as_shapes(geometries), rows, srs=way, bad_rows=bad_rows)


def _with_columns(geometry: Geometry, frame: pl.DataFrame, conform: dict[str, Any]) -> tuple[Geometry, np.ndarray]:
    """Return the geometries that are there, those from `lat` and `lon` included, and where they are."""
    if isinstance(geometry, Points):
        x, y = _filled(geometry, frame, conform)
        is_there = np.isfinite(x) & np.isfinite(y)
        return Points(x[is_there], y[is_there]), is_there
    shapes = geometry.array
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if absent.any():
        nowhere = np.full(len(shapes), np.nan)
        x, y = _filled(Points(nowhere, nowhere.copy()), frame, conform)
        is_found = absent & np.isfinite(x) & np.isfinite(y)
        shapes[is_found] = shapely.points(x[is_found], y[is_found])
        absent &= ~is_found
    return Shapes(shapes[~absent]), ~absent


def _filled(points: Points, frame: pl.DataFrame, conform: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates; where there are none, those in the columns that the conform names."""
    lat, lon = conform.get("lat"), conform.get("lon")
    if lat not in frame.columns or lon not in frame.columns:
        return points.x, points.y
    absent = ~(np.isfinite(points.x) & np.isfinite(points.y))
    x, y = (frame[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy() for name in (lon, lat))
    return np.where(absent, x, points.x), np.where(absent, y, points.y)
