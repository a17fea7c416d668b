"""Formats that GDAL reads: shapefile, GeoPackage, file geodatabase, GML."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from oa_task.features.batch import FeatureBatch, Points, Shapes
from oa_task.read import wkb
from oa_task.read.arrow_text import text_column
from oa_task.read.crs import Projection, is_geographic, lon_lat_points, lon_lat_shapes, projection
from oa_task.read.gdal import DRIVERS, OPEN_OPTIONS, pyogrio
from oa_task.read.markup import refuse_cut_off
from oa_task.read.request import ReadRequest
from oa_task.read.web_page import refuse_web_page
from oa_task.runtime.failure import TaskFailure

_BATCH_ROWS = 20_000
_UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
)
_UTF8 = frozenset({"UTF-8", "UTF8"})


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer that is being read."""

    request: ReadRequest
    fields: tuple[str, ...]
    wanted: list[str]
    srs: Projection
    geometry: str


def read_ogr(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of features.

    Raises TaskFailure source.format, source.crs, source.encoding, source.empty (no such layer).
    """
    path, conform = request.path, request.conform
    refuse_web_page(path, f"{conform['format']} data")
    try:
        yield from _batches(request)
    except (*_UNREADABLE, pa.ArrowException) as error:
        row = request.bad_rows.rows_read
        reason = f"{path.name} cannot be read as {conform['format']} after row {row:,}: {error}"
        raise TaskFailure("source.format", reason) from error
    except UnicodeDecodeError as error:
        raise TaskFailure("source.encoding", f"{path.name}: {error}; set `conform.encoding`") from error


def _batches(request: ReadRequest) -> Iterator[FeatureBatch]:
    with ExitStack() as stack:
        with _kept_warnings(request):
            layer, reader = _opened(request, stack)
        while True:
            with _kept_warnings(request):
                batch = next(reader, None)
            if batch is None:
                return
            yield _features(batch, layer)
            request.bad_rows.rows_read += batch.num_rows


def _opened(request: ReadRequest, stack: ExitStack) -> tuple[_Layer, Iterator[pa.RecordBatch]]:
    """Open the layer until the stack is left."""
    path, conform = request.path, request.conform
    options = OPEN_OPTIONS.get(conform["format"], {})
    if conform["format"] == "xml":
        refuse_cut_off(path)
    name = _layer_name(request)
    about = pyogrio.read_info(path, layer=name, **options)
    _check_driver(about, conform["format"])
    fields = tuple(str(field) for field in about["fields"])
    wanted = [field for field in fields if field in request.columns]
    encoding = _encoding(about, conform)
    opened = pyogrio.open_arrow(
        path, layer=name, columns=wanted, batch_size=_BATCH_ROWS, encoding=encoding, use_pyarrow=True, **options
    )
    meta, reader = stack.enter_context(opened)
    geometry = meta["geometry_name"] or "wkb_geometry"
    return _Layer(request, fields, wanted, _projection(about, conform), geometry), iter(reader)


@contextmanager
def _kept_warnings(request: ReadRequest) -> Iterator[None]:
    """Keep what GDAL warns of for the report."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        request.bad_rows.warn(str(warning.message).replace(f"{request.path.parent}/", ""))


def _layer_name(request: ReadRequest) -> str | int:
    """Return the layer that is asked for by name or number, the first one otherwise."""
    asked = request.conform.get("layer", 0)
    names = [str(name) for name in pyogrio.list_layers(request.path)[:, 0]]
    if asked in names:
        return str(asked)
    if str(asked).isdecimal() and int(asked) < len(names):
        return int(asked)
    raise TaskFailure("source.empty", f"there is no layer {asked!r}; the data has {', '.join(names[:50]) or 'none'}")


def _check_driver(about: dict[str, Any], kind: str) -> None:
    driver = about.get("driver", DRIVERS[kind])
    if driver != DRIVERS[kind]:
        raise TaskFailure("source.format", f"the data is {driver}, not {kind}")


def _projection(about: dict[str, Any], conform: dict[str, Any]) -> Projection:
    """Return the way to longitude and latitude: from `srs` where it is set, else from what the data says.

    GML that needs an `srs` has coordinates in the order of the authority, degrees excepted (ENGINE, our decisions).
    """
    srs = conform.get("srs")
    if srs:
        return projection(str(srs), authority_axes=conform["format"] == "xml" and not is_geographic(str(srs)))
    if about["crs"]:
        return projection(str(about["crs"]))
    raise TaskFailure("source.crs", "the data names no coordinate reference system; set `conform.srs`")


def _encoding(about: dict[str, Any], conform: dict[str, Any]) -> str | None:
    """Return what text is recoded from, where the data does not say: shapefiles without a .cpg."""
    if not conform["format"].startswith("shapefile") or str(about.get("encoding", "")).upper() in _UTF8:
        return None
    return str(conform.get("encoding") or "ISO-8859-1")


def _features(batch: pa.RecordBatch, layer: _Layer) -> FeatureBatch:
    first_row = layer.request.bad_rows.rows_read
    is_gdb = layer.request.conform["format"] == "gdb"
    data = {name: text_column(batch.column(name), integers_are_real=is_gdb) for name in layer.wanted}
    frame = pl.DataFrame(data) if data else pl.DataFrame({"": [""] * batch.num_rows}, schema={"": pl.String})
    rows = np.arange(first_row, first_row + batch.num_rows)
    return FeatureBatch(first_row, frame, _geometry(batch, layer, rows), layer.fields)


def _geometry(batch: pa.RecordBatch, layer: _Layer, rows: np.ndarray) -> Points | Shapes:
    bad_rows = layer.request.bad_rows
    if layer.geometry not in batch.schema.names:
        raise TaskFailure("source.format", f"the layer has no geometry; its fields are {', '.join(layer.fields[:50])}")
    column = batch.column(layer.geometry)
    pairs = wkb.points(column)
    if pairs is not None:
        return lon_lat_points(*pairs, rows, srs=layer.srs, bad_rows=bad_rows)
    shapes, unsound = wkb.shapes(column)
    bad_rows.note("unsound geometry", rows[unsound])
    return lon_lat_shapes(shapes, rows, srs=layer.srs, bad_rows=bad_rows)
