"""Formats read through GDAL: shapefile, GeoPackage, file geodatabase, GML."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa

from oa_shared.failure_details import FaultyPlace
from oa_task.features.batch import FeatureBatch, Points, Shapes
from oa_task.read import wkb
from oa_task.read.announcement import page_of_gml
from oa_task.read.crs import Projection, is_geographic, lon_lat_points, lon_lat_shapes, projection
from oa_task.read.gdal import (
    DRIVERS,
    OPEN_OPTIONS,
    UNREADABLE,
    has_no_effect,
    plain_message,
    pyogrio,
    rebuild_shape_index,
)
from oa_task.read.gml_skips import note_skip
from oa_task.read.kml_parts import KML, KmlParts, open_parts
from oa_task.read.layer_selection import choose_layer
from oa_task.read.mapinfo import MAPINFO, readable_mapinfo
from oa_task.read.markup import refuse_truncated_xml
from oa_task.read.ogr_attributes import OgrAttributes
from oa_task.read.request import ReadRequest
from oa_task.read.shapefile import ShapefileTable
from oa_task.read.shapes_index import remove_short_index
from oa_task.read.xml_text import XML_FORMATS, readable_xml
from oa_task.runtime.failure import TaskFailure

_BATCH_ROWS = 20_000
_UNREADABLE = (*UNREADABLE, pyogrio.errors.FieldError, pyogrio.errors.GeometryError)
LayerTable = OgrAttributes | ShapefileTable


@dataclass(frozen=True, slots=True)
class _OpenLayer:
    """A layer during reading."""

    request: ReadRequest
    table: LayerTable
    srs: Projection
    has_loose_rings: bool = False


def read_ogr(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of features.

    Raises TaskFailure source.format, source.crs, source.encoding, source.empty (missing layer).
    """
    path = request.path
    try:
        yield from _batches(request)
    except (*_UNREADABLE, pa.ArrowException) as error:
        row = request.bad_rows.rows_read
        reason = f"{path.name} cannot be read as {request.format} after row {row:,}: {plain_message(error, path)}"
        raise TaskFailure("source.format", reason) from error
    except UnicodeDecodeError as error:
        raise TaskFailure("source.encoding", f"{path.name}: {error}; set `conform.encoding`") from error


def _batches(request: ReadRequest) -> Iterator[FeatureBatch]:
    first_row = request.bad_rows.rows_read
    with ExitStack() as stack:
        with _collect_warnings(request), rebuild_shape_index():
            layer, reader = _open_layer(request, stack)
        while True:
            with _collect_warnings(request):
                batch = _next_batch(reader)
            if batch is None:
                _note_page(request, request.bad_rows.rows_read - first_row)
                layer.table.finish()
                return
            features = _features(batch, layer)
            request.bad_rows.rows_read += batch.num_rows
            yield features


def _next_batch(reader: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    """Return the next features, None at the end. Raises pyogrio's DataLayerError where GDAL meets damaged data."""
    try:
        return next(reader, None)
    except OSError as error:
        raise pyogrio.errors.DataLayerError(str(error)) from error


def _open_layer(request: ReadRequest, stack: ExitStack) -> tuple[_OpenLayer, Iterator[pa.RecordBatch]]:
    """Open the layer; the stack closes it."""
    path = request.path
    options = OPEN_OPTIONS.get(request.format, {})
    if request.format in XML_FORMATS:
        refuse_truncated_xml(path)
        path = readable_xml(request, stack)
        request = replace(request, path=path)
        if request.format == KML and (parts := open_parts(request, stack)) is not None:
            return _open_parts(request, parts)
    if request.format == MAPINFO:
        path = readable_mapinfo(request, stack)
        request = replace(request, path=path)
    is_shapefile = request.format.startswith("shapefile")
    if is_shapefile and (warning := remove_short_index(path)):
        request.bad_rows.warn(warning)
    name = choose_layer(request)
    encoding = ShapefileTable.encoding if is_shapefile else None
    info = pyogrio.read_info(path, layer=name, encoding=encoding, **options)
    _check_driver(info, request.format)
    table = ShapefileTable(request) if is_shapefile else OgrAttributes(request, info, options)
    source = pyogrio.open_arrow(
        path,
        layer=name,
        columns=table.selected,
        batch_size=_BATCH_ROWS,
        encoding=encoding,
        return_fids=True,
        use_pyarrow=True,
        **options,
    )
    _, reader = stack.enter_context(source)
    # A file geodatabase keeps the rings of polygons in any order; a MultiPatch has patches in space instead.
    has_loose_rings = request.format == "gdb" and "Polygon" in str(info["geometry_type"])
    return _OpenLayer(request, table, _projection(info, request), has_loose_rings), iter(reader)


def _open_parts(request: ReadRequest, parts: KmlParts) -> tuple[_OpenLayer, Iterator[pa.RecordBatch]]:
    """Open a layer of KML in parts."""
    _check_driver(parts.info, request.format)
    table = OgrAttributes(request, parts.info, {})
    return _OpenLayer(request, table, _projection(parts.info, request)), parts.batches(table.selected)


def _note_page(request: ReadRequest, features: int) -> None:
    """Keep what a WFS server says of the features that its answer lacks."""
    if request.format == "xml":
        page = page_of_gml(request.path, features, layers=lambda: len(pyogrio.list_layers(request.path)))
        request.bad_rows.pages.add(page)


@contextmanager
def _collect_warnings(request: ReadRequest) -> Iterator[None]:
    """Add the warnings of GDAL to the report; those about features that it leaves out are bad rows."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        text = str(warning.message).replace(f"{request.path.parent}/", "")
        if not (has_no_effect(text) or note_skip(text, request.bad_rows)):
            request.bad_rows.warn(text)


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
    text = "missing coordinate reference system: the data states none; set `conform.srs`"
    raise TaskFailure("source.crs", text, places=[FaultyPlace("/conform")])


def _features(batch: pa.RecordBatch, layer: _OpenLayer) -> FeatureBatch:
    first_row = layer.request.bad_rows.rows_read
    rows = np.arange(first_row, first_row + batch.num_rows)
    frame = layer.table.frame(batch, rows)
    if not frame.width:
        frame = pl.DataFrame({"": [""] * batch.num_rows}, schema={"": pl.String})
    geometry = _geometry(batch, layer, rows)
    return FeatureBatch(first_row, frame, geometry, layer.table.names, real_columns=layer.table.reals)


def _geometry(batch: pa.RecordBatch, layer: _OpenLayer, rows: np.ndarray) -> Points | Shapes:
    bad_rows = layer.request.bad_rows
    column = layer.table.geometry(batch)
    if column is None:
        text = f"the layer has no geometry column; its fields are {', '.join(layer.table.names[:50])}"
        raise TaskFailure("source.format", text)
    pairs = wkb.points(column)
    if pairs is not None:
        return lon_lat_points(*pairs, rows, srs=layer.srs, bad_rows=bad_rows)
    shapes, unusable = wkb.shapes(column, has_loose_rings=layer.has_loose_rings)
    bad_rows.note("invalid geometry", rows[list(unusable)], list(unusable.values()))
    return lon_lat_shapes(shapes, rows, srs=layer.srs, bad_rows=bad_rows)
