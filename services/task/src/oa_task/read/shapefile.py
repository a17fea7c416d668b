"""Shapefiles: shapes from GDAL, attributes from the .dbf file, both held against what the files announce."""

import numpy as np
import polars as pl
import pyarrow as pa

from oa_task.read.dbf_attributes import DbfAttributes, open_attributes
from oa_task.read.layer_count import note_lost
from oa_task.read.request import ReadRequest
from oa_task.read.shapes_index import ShapesIndex

_NO_FIELDS: list[str] = []


class ShapefileTable:
    """The attributes of a shapefile: `names` of all columns, `reals` of those to read that are real numbers.

    GDAL reads shapes only (`selected` has no columns); it decodes the names that it must know as Latin-1 (`encoding`),
    in which any bytes are text.
    """

    selected: list[str] | None = _NO_FIELDS
    encoding: str | None = "ISO-8859-1"

    def __init__(self, request: ReadRequest) -> None:
        """Raise TaskFailure source.columns_missing without a .dbf file, source.format for a damaged one."""
        self._request = request
        self._index = ShapesIndex(request.path)
        self._attributes: DbfAttributes | None = open_attributes(request)
        self._read = 0
        self.names = self._attributes.names if self._attributes else ()
        self.reals = self._attributes.reals if self._attributes else frozenset[str]()

    def frame(self, batch: pa.RecordBatch, rows: np.ndarray) -> pl.DataFrame:
        """Return the columns to read as text; `rows` has the input row of each feature."""
        records = batch.column(0).to_numpy()
        self._read += len(records)
        self._note_lost_shapes(records, rows, self.geometry(batch))
        return pl.DataFrame() if self._attributes is None else self._attributes.frame(records, rows)

    def geometry(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the geometries, the last column."""
        return batch.column(batch.num_columns - 1)

    def finish(self) -> None:
        """Report texts of a doubtful encoding, and rows and shapes that are announced and cannot be read."""
        bad_rows, path = self._request.bad_rows, self._request.path
        if self._attributes is None:
            note_lost(bad_rows, self._read, len(self._index), f"{path.stem}.shx announces {len(self._index):,}")
            return
        self._attributes.finish()
        table = self._attributes.table
        shapes, records = len(self._index), table.announced
        deleted = table.count_deleted(shapes)
        announced = f"{path.name} has {shapes:,} shapes, {path.stem}.dbf announces {records:,} rows and has"
        note_lost(
            bad_rows, self._read, shapes - deleted, f"{announced} {len(table.records):,}; of {shapes - deleted:,}"
        )
        if records > shapes:
            bad_rows.warn(f"{path.name} has {shapes:,} shapes and {path.stem}.dbf has {records:,} rows")
            bad_rows.leave_out("no shape in the .shp file", records - shapes)

    def _note_lost_shapes(self, records: np.ndarray, rows: np.ndarray, shapes: pa.Array) -> None:
        """Count the rows whose shape has coordinates that GDAL cannot read."""
        is_missing = shapes.is_null().to_numpy(zero_copy_only=False)
        is_known = records < len(self._index)
        lost = is_missing & is_known
        if lost.any():
            lost[lost] = self._index.has_coordinates(records[lost])
            self._request.bad_rows.note("a shape that cannot be read", rows[lost], code="source.format")
