"""Formats read through GDAL: shapefile, GeoPackage, file geodatabase, GML."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from oa_task.features.batch import FeatureBatch, Points, Shapes
from oa_task.read import wkb
from oa_task.read.announcement import page_of_gml
from oa_task.read.arrow_text import text_column
from oa_task.read.crs import Projection, is_geographic, lon_lat_points, lon_lat_shapes, projection
from oa_task.read.gdal import DRIVERS, OPEN_OPTIONS, pyogrio
from oa_task.read.markup import refuse_truncated_xml
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
class _OpenLayer:
    """A layer during reading; `selected` names the fields to read."""

    request: ReadRequest
    fields: tuple[str, ...]
    selected: list[str]
    srs: Projection
    geometry: str


def read_ogr(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of features.

    Raises TaskFailure source.format, source.crs, source.encoding, source.empty (missing layer).
    """
    path = request.path
    refuse_web_page(path, f"{request.format} data")
    try:
        yield from _batches(request)
    except (*_UNREADABLE, pa.ArrowException) as error:
        row = request.bad_rows.rows_read
        reason = f"{path.name} cannot be read as {request.format} after row {row:,}: {error}"
        raise TaskFailure("source.format", reason) from error
    except UnicodeDecodeError as error:
        raise TaskFailure("source.encoding", f"{path.name}: {error}; set `conform.encoding`") from error


def _batches(request: ReadRequest) -> Iterator[FeatureBatch]:
    first_row = request.bad_rows.rows_read
    with ExitStack() as stack:
        with _collect_warnings(request):
            layer, reader = _open_layer(request, stack)
        while True:
            with _collect_warnings(request):
                batch = next(reader, None)
            if batch is None:
                _note_page(request, request.bad_rows.rows_read - first_row)
                return
            yield _features(batch, layer)
            request.bad_rows.rows_read += batch.num_rows


def _open_layer(request: ReadRequest, stack: ExitStack) -> tuple[_OpenLayer, Iterator[pa.RecordBatch]]:
    """Open the layer; the stack closes it."""
    path = request.path
    options = OPEN_OPTIONS.get(request.format, {})
    if request.format == "xml":
        refuse_truncated_xml(path)
    name = _layer_name(request)
    info = pyogrio.read_info(path, layer=name, **options)
    _check_driver(info, request.format)
    fields = tuple(str(field) for field in info["fields"])
    selected = [field for field in fields if field in request.columns]
    encoding = _encoding(info, request)
    source = pyogrio.open_arrow(
        path, layer=name, columns=selected, batch_size=_BATCH_ROWS, encoding=encoding, use_pyarrow=True, **options
    )
    meta, reader = stack.enter_context(source)
    geometry = meta["geometry_name"] or "wkb_geometry"
    return _OpenLayer(request, fields, selected, _projection(info, request), geometry), iter(reader)


def _note_page(request: ReadRequest, features: int) -> None:
    """Keep what a WFS server says of the features that its answer lacks."""
    if request.format == "xml":
        page = page_of_gml(request.path, features, layers=lambda: len(pyogrio.list_layers(request.path)))
        request.bad_rows.pages.add(page)


@contextmanager
def _collect_warnings(request: ReadRequest) -> Iterator[None]:
    """Add the warnings of GDAL to the report."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        request.bad_rows.warn(str(warning.message).replace(f"{request.path.parent}/", ""))


def _layer_name(request: ReadRequest) -> str | int:
    """Return the layer that the conform selects by name or number, the first one by default."""
    layer = request.conform.get("layer", 0)
    names = [str(name) for name in pyogrio.list_layers(request.path)[:, 0]]
    if layer in names:
        return str(layer)
    if str(layer).isdecimal() and int(str(layer)) < len(names):
        return int(str(layer))
    text = f"missing layer {layer!r} (`conform.layer`); the data has {', '.join(names[:50]) or 'no layers'}"
    raise TaskFailure("source.empty", text)


def _check_driver(info: Mapping[str, object], kind: str) -> None:
    driver = info.get("driver", DRIVERS[kind])
    if driver != DRIVERS[kind]:
        raise TaskFailure("source.format", f"the data is {driver}, not {kind}: change `conform.format`")


def _projection(info: Mapping[str, object], request: ReadRequest) -> Projection:
    """Return the projection of `srs` if it is set, else of the CRS in the data.

    With `srs`, GML has coordinates in the axis order of the authority, except for degrees (docs/engine.md, "CRS").
    """
    if srs := request.option("srs"):
        return projection(srs, authority_axes=request.format == "xml" and not is_geographic(srs))
    if info["crs"]:
        return projection(str(info["crs"]))
    raise TaskFailure("source.crs", "missing coordinate reference system: the data states none; set `conform.srs`")


def _encoding(info: Mapping[str, object], request: ReadRequest) -> str | None:
    """Return the encoding to decode text from if the data does not name it: for shapefiles without a .cpg."""
    if not request.format.startswith("shapefile") or str(info.get("encoding", "")).upper() in _UTF8:
        return None
    return request.option("encoding") or "ISO-8859-1"


def _features(batch: pa.RecordBatch, layer: _OpenLayer) -> FeatureBatch:
    first_row = layer.request.bad_rows.rows_read
    is_gdb = layer.request.format == "gdb"
    data = {name: text_column(batch.column(name), integers_are_real=is_gdb) for name in layer.selected}
    frame = pl.DataFrame(data) if data else pl.DataFrame({"": [""] * batch.num_rows}, schema={"": pl.String})
    rows = np.arange(first_row, first_row + batch.num_rows)
    return FeatureBatch(first_row, frame, _geometry(batch, layer, rows), layer.fields)


def _geometry(batch: pa.RecordBatch, layer: _OpenLayer, rows: np.ndarray) -> Points | Shapes:
    bad_rows = layer.request.bad_rows
    if layer.geometry not in batch.schema.names:
        text = f"the layer has no geometry column; its fields are {', '.join(layer.fields[:50])}"
        raise TaskFailure("source.format", text)
    column = batch.column(layer.geometry)
    pairs = wkb.points(column)
    if pairs is not None:
        return lon_lat_points(*pairs, rows, srs=layer.srs, bad_rows=bad_rows)
    shapes, invalid = wkb.shapes(column)
    bad_rows.note("invalid geometry", rows[invalid])
    return lon_lat_shapes(shapes, rows, srs=layer.srs, bad_rows=bad_rows)
