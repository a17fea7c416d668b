"""Parquet and GeoParquet: shapes of its WKB column, or the coordinates of two columns that the definition names."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from oa_task.features.batch import FeatureBatch, Points, Shapes
from oa_task.read import wkb
from oa_task.read.arrow_text import holds_reals, text_column
from oa_task.read.coordinates import points
from oa_task.read.crs import Projection, lon_lat_points, lon_lat_shapes, projection
from oa_task.read.csv_header import check_coordinate_columns
from oa_task.read.request import ReadRequest
from oa_task.runtime.failure import TaskFailure

_BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class _Table:
    """A table during reading; `geometry` is its WKB column, None if `lon` and `lat` name the coordinates."""

    request: ReadRequest
    names: tuple[str, ...]
    selected: list[str]
    geometry: str | None
    srs: Projection


def read_parquet(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of rows. Raises TaskFailure source.format, source.columns_missing, source.crs, source.schema."""
    try:
        with pq.ParquetFile(request.path, page_checksum_verification=True) as file:
            table = _open_table(file, request)
            columns = [*table.selected, *([table.geometry] if table.geometry else [])]
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                features = _features(batch, table)
                request.bad_rows.rows_read += batch.num_rows
                yield features
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        row = request.bad_rows.rows_read
        text = f"{request.path.name} cannot be read as Parquet after row {row:,}: {error}"
        raise TaskFailure("source.format", text) from error


def _open_table(file: pq.ParquetFile, request: ReadRequest) -> _Table:
    schema = file.schema_arrow
    lon, lat = request.option("lon"), request.option("lat")
    primary, column = _geometry_column(schema)
    if lon and lat:
        missing = [name for name in (lon, lat) if name not in schema.names]
        if missing and primary is None:
            check_coordinate_columns(schema.names, (lon, lat))
        primary = primary if missing else None
    elif primary is None:
        text = "missing `conform.lon` or `conform.lat`: the data has no geometry column"
        raise TaskFailure("source.schema", text)
    names = tuple(name for name in schema.names if primary is None or name != primary)
    selected = [name for name in names if name in request.columns or (primary is None and name in {lon, lat})]
    return _Table(request, names, selected, primary, _srs(request, column if primary else None))


def _geometry_column(schema: pa.Schema) -> tuple[str | None, Mapping[str, object]]:
    """Return the name and the description of the primary geometry of GeoParquet, None without one."""
    metadata = schema.metadata or {}
    try:
        geo = json.loads(metadata.get(b"geo", b"{}"))
        name = geo.get("primary_column")
        column = geo.get("columns", {}).get(name, {})
    except (ValueError, AttributeError) as error:
        raise TaskFailure("source.format", f"the member geo of the Parquet metadata is not valid: {error}") from error
    if name is None or name not in schema.names:
        return None, {}
    if column.get("encoding", "WKB") != "WKB" or not _is_binary(schema.field(name).type):
        text = f"the geometry column {name} has the encoding {column.get('encoding')}: only WKB can be read"
        raise TaskFailure("source.format", text)
    return str(name), column


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _srs(request: ReadRequest, column: Mapping[str, object] | None) -> Projection:
    """Return the projection of `srs` if it is set, else of the geometry column; without one, degrees."""
    crs = column.get("crs") if column is not None else None
    if srs := request.option("srs"):
        return projection(srs)
    return projection(json.dumps(crs) if isinstance(crs, dict) else None)


def _features(batch: pa.RecordBatch, table: _Table) -> FeatureBatch:
    bad_rows = table.request.bad_rows
    first_row = bad_rows.rows_read
    rows = np.arange(first_row, first_row + batch.num_rows)
    data = {name: text_column(batch.column(name)) for name in table.selected}
    frame = pl.DataFrame(data) if data else pl.DataFrame({"": [""] * batch.num_rows}, schema={"": pl.String})
    real = frozenset(name for name in table.selected if holds_reals(batch.column(name).type))
    return FeatureBatch(first_row, frame, _geometry(batch, frame, rows, table), table.names, real_columns=real)


def _geometry(batch: pa.RecordBatch, frame: pl.DataFrame, rows: np.ndarray, table: _Table) -> Points | Shapes:
    bad_rows = table.request.bad_rows
    if table.geometry is None:
        lon, lat = str(table.request.conform["lon"]), str(table.request.conform["lat"])
        return points(frame[lon], frame[lat], rows, srs=table.srs, bad_rows=bad_rows)
    column = batch.column(table.geometry)
    pairs = wkb.points(column)
    if pairs is not None:
        return lon_lat_points(*pairs, rows, srs=table.srs, bad_rows=bad_rows)
    shapes, unusable = wkb.shapes(column)
    bad_rows.note("invalid geometry", rows[list(unusable)], list(unusable.values()))
    return lon_lat_shapes(shapes, rows, srs=table.srs, bad_rows=bad_rows)
