"""Formats that GDAL reads: shapefile, GeoPackage, file geodatabase, GML, and plain GeoJSON collections."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from oa_task.failure import TaskFailure
from oa_task.features import FeatureBatch, Shapes
from oa_task.read.columns import text
from oa_task.read.crs import shapes_to_lon_lat
from oa_task.read.request import ReadRequest

BATCH_ROWS = 20_000
_UTF8 = frozenset({"UTF-8", "UTF8"})


def read_ogr(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of features. Raises TaskFailure source.format, source.crs, source.encoding."""
    path, conform = request.path, request.conform
    try:
        layer = _layer(path, conform)
        about = pyogrio.read_info(path, layer=layer)
        srs = _srs(about, conform)
        encoding = _encoding(about, conform)
        wanted = [name for name in about["fields"] if name in request.columns]
        with pyogrio.open_arrow(
            path, layer=layer, columns=wanted, batch_size=BATCH_ROWS, encoding=encoding, use_pyarrow=True
        ) as (meta, reader):
            first_row = request.bad_rows.rows_read
            for batch in reader:
                features = _features(batch, meta["geometry_name"] or "wkb_geometry", wanted, srs, first_row)
                yield replace(features, available=tuple(about["fields"]))
                first_row += batch.num_rows
                request.bad_rows.rows_read += batch.num_rows
    except (DataSourceError, DataLayerError) as error:
        raise TaskFailure("source.format", f"{path.name} cannot be read as {conform['format']}: {error}") from error
    except UnicodeDecodeError as error:
        raise TaskFailure("source.encoding", f"{path.name}: {error}; set `conform.encoding`") from error


def _layer(path: Path, conform: dict[str, Any]) -> str | int:
    """Return the layer that is asked for by name or number, the first one otherwise."""
    asked = conform.get("layer", 0)
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if asked in names or (isinstance(asked, int) and asked < len(names)):
        return asked  # type: ignore[no-any-return] # checked against the names
    if isinstance(asked, str) and asked.isdigit() and int(asked) < len(names):
        return int(asked)
    raise TaskFailure("source.empty", f"no layer {asked!r}; the data has {', '.join(names)}")


def _srs(about: dict[str, Any], conform: dict[str, Any]) -> str:
    srs = conform.get("srs") or about["crs"]
    if srs:
        return str(srs)
    if conform["format"] == "geojson":
        return "EPSG:4326"
    raise TaskFailure("source.crs", "the data names no coordinate reference system; set `conform.srs`")


def _encoding(about: dict[str, Any], conform: dict[str, Any]) -> str | None:
    if not conform["format"].startswith("shapefile") or str(about.get("encoding", "")).upper() in _UTF8:
        return None
    return conform.get("encoding") or "ISO-8859-1"


def _features(batch: Any, geometry: str, names: list[str], srs: str, first_row: int) -> FeatureBatch:
    data = {name: [text(value) for value in batch.column(name).to_pylist()] for name in names}
    wkb = np.array(batch.column(geometry).to_pylist(), dtype=object)
    shapes = shapely.from_wkb(wkb, on_invalid="fix")
    return FeatureBatch(
        first_row,
        pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)) if data else _no_columns(batch.num_rows),
        Shapes(shapes_to_lon_lat(shapes, srs)),
    )


def _no_columns(height: int) -> pl.DataFrame:
    return pl.DataFrame({"": [""] * height}, schema={"": pl.String})
