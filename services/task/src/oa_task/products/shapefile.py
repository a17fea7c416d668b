"""`export.shp.zip`: as many shapefiles as necessary, each with one kind of geometry and at most 2 GB."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from oa_task.products.ogr import schema_without_box, write_arrow
from oa_task.products.parts import Part
from oa_task.products.rows import RowBatch
from oa_task.products.zip_writer import ZipWriter
from oa_task.runtime.failure import TaskFailure

FILE_BYTES = 2**31 - 2**20
_WIDEST = 254
_POINT_RECORD, _SHAPE_RECORD = 28, 64
_NAMES = {
    "classification": "class",
    "addr_from_left": "from_left",
    "addr_to_left": "to_left",
    "addr_from_right": "from_right",
    "addr_to_right": "to_right",
}
_KINDS = {
    "points": ("Point", (0,)),
    "multipoints": ("MultiPoint", (4,)),
    "lines": ("MultiLineString", (1, 2, 5)),
    "polygons": ("MultiPolygon", (3, 6)),
}


@dataclass(slots=True)
class _Survey:
    """The widths of the columns and the kinds of the geometries, which a shapefile needs before its first row."""

    widths: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    collections: int = 0
    shortened: int = 0
    without_geometry: int = 0

    def add(self, rows: RowBatch) -> None:
        for name in schema_without_box(rows.layer).names[:-1]:
            sizes = pc.fill_null(pc.binary_length(rows.batch.column(name)), 0)
            self.widths[name] = max(self.widths.get(name, 1), int(pc.max(sizes).as_py()))
            self.shortened += int(pc.sum(pc.greater(sizes, _WIDEST)).as_py())
        types = rows.types
        for kind, (_, ids) in _KINDS.items():
            self.counts[kind] = self.counts.get(kind, 0) + int(np.isin(types, ids).sum())
        self.without_geometry += int((types == -1).sum())
        self.collections += int((types == shapely.GeometryType.GEOMETRYCOLLECTION).sum())

    def report(self) -> dict[str, int]:
        notes = {
            "values_shortened": self.shortened,
            "without_geometry": self.without_geometry,
            "geometry_collections": self.collections,
        }
        return {name: count for name, count in notes.items() if count}


def write_shapefile(part: Part, target: Path, *, work: Path) -> dict[str, int]:
    """Write a zip of shapefiles in UTF-8; return the counts of values and rows that they cannot store.

    Raises TaskFailure source.empty if no row has a geometry that they can store.
    """
    survey = _Survey()
    for rows in part.rows():
        survey.add(rows)
    if not any(survey.counts.values()):
        raise TaskFailure("source.empty", "no row has a geometry, and a shapefile contains only geometries")
    folder = work / "shapefile"
    folder.mkdir()
    for kind, count in survey.counts.items():
        if count:
            _write_kind(part, kind, survey, folder)
    archive = ZipWriter(target)
    for path in sorted(folder.iterdir()):
        archive.add(path.name, path)
        path.unlink()
    archive.close()
    return survey.report()


def _write_kind(part: Part, kind: str, survey: _Survey, folder: Path) -> None:
    """Write the rows with one kind of geometry; start a new file when one is full."""
    schema = _schema(part.layer, survey.widths)
    splitter = _FileSplitter(_prepare(part, kind, schema), sum(min(width, _WIDEST) for width in survey.widths.values()))
    name = part.layer if sum(map(bool, survey.counts.values())) == 1 else f"{part.layer}-{kind}"
    number = 1
    geometry_type = _KINDS[kind][0]
    while splitter.has_more():
        path = folder / (f"{name}.shp" if number == 1 else f"{name}-{number}.shp")
        file_part = Part(part.path, part.key, part.count, (geometry_type,), part.bounds)
        write_arrow(splitter.until_full(), schema, path, "ESRI Shapefile", file_part)
        number += 1


def _schema(layer: str, widths: dict[str, int]) -> pa.Schema:
    """Return the columns, each with the width of its longest value; GDAL reads the width from the metadata."""
    fields = [
        pa.field(
            _NAMES.get(name, name),
            pa.large_string(),
            metadata={"GDAL:OGR:width": str(min(widths[name], _WIDEST))},
        )
        for name in schema_without_box(layer).names[:-1]
    ]
    return pa.schema([*fields, pa.field("geometry", pa.binary())])


def _prepare(part: Part, kind: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for rows in part.rows():
        selected = rows.select(np.isin(rows.types, _KINDS[kind][1]))
        if len(selected):
            names = schema_without_box(part.layer).names
            columns = [_cut_values(selected.batch.column(name)) for name in names[:-1]]
            yield pa.RecordBatch.from_arrays([*columns, selected.batch.column("geometry")], schema=schema)


def _cut_values(column: pa.Array) -> pa.Array:
    """Return the column with too wide values cut between two characters."""
    wide = pc.fill_null(pc.greater(pc.binary_length(column), _WIDEST), fill_value=False)
    if not pc.any(wide).as_py():
        return column
    cut = [
        value.encode()[:_WIDEST].decode(errors="ignore") if is_wide else value
        for value, is_wide in zip(column.to_pylist(), wide.to_pylist(), strict=True)
    ]
    return pa.array(cut, type=column.type)


class _FileSplitter:
    """Splits batches into files of at most FILE_BYTES."""

    def __init__(self, batches: Iterator[pa.RecordBatch], width_bytes: int) -> None:
        self._batches = batches
        self._width_bytes = width_bytes + 1
        self._next = next(batches, None)

    def has_more(self) -> bool:
        return self._next is not None

    def until_full(self) -> Iterator[pa.RecordBatch]:
        table_bytes = shape_bytes = 0
        while self._next is not None:
            sizes = _record_bytes(self._next)
            room = int(np.searchsorted(np.cumsum(sizes), FILE_BYTES - shape_bytes, side="right"))
            room = min(room, (FILE_BYTES - table_bytes) // self._width_bytes)
            if table_bytes == 0:
                room = max(room, 1)
            if room < self._next.num_rows:
                full, self._next = self._next.slice(0, room), self._next.slice(room)
                if room:
                    yield full
                return
            table_bytes += self._next.num_rows * self._width_bytes
            shape_bytes += int(sizes.sum())
            full, self._next = self._next, next(self._batches, None)
            yield full


def _record_bytes(batch: pa.RecordBatch) -> np.ndarray:
    """Return an upper limit of the bytes of each row in the .shp."""
    sizes = pc.fill_null(pc.binary_length(batch.column("geometry")), 0).to_numpy(zero_copy_only=False)
    return np.where(sizes <= 21, _POINT_RECORD, sizes + _SHAPE_RECORD)  # noqa: PLR2004 - the size of a point in WKB
