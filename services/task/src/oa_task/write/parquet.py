"""`source.parquet`: the features of a source as GeoParquet."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import shapely

from oa_task.features.batch import Attributes, Geometry, Points, Shapes
from oa_task.features.geometry import bounds, is_missing
from oa_task.write.geoparquet import BOX, SIDES, GeoParquetFile
from oa_task.write.lines import OutputBatch

_POINT_WKB = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


class ParquetFile:
    """Writes `source.parquet`; memory holds one row group. Empty texts are null; numbers are text as in the GeoJSON."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._file = GeoParquetFile(path, ("hash", *names))

    def write(self, batch: OutputBatch) -> None:
        """Append a batch."""
        boxes = bounds(batch.geometry)
        columns = [_column(batch.hashes), *_attribute_columns(batch.attributes), _wkb(batch.geometry), _boxes(boxes)]
        table = pa.Table.from_arrays(columns, schema=self._file.schema)
        self._file.write(table, _kinds(batch.geometry), boxes)

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._file.close()

    def abandon(self) -> None:
        """Remove the unfinished file."""
        self._file.abandon()


def _kinds(geometry: Geometry) -> set[int]:
    return {0} if isinstance(geometry, Points) else set(np.unique(shapely.get_type_id(geometry.array)).tolist())


def _attribute_columns(attributes: Attributes) -> list[pa.Array]:
    return [_column(plain_text(attributes, name)) for name in attributes.frame.columns]


def plain_text(attributes: Attributes, name: str) -> pl.Series:
    """Return a column as text without quotes, null for empty texts."""
    column = attributes.frame[name]
    if name in attributes.encoded:
        quoted = column.str.starts_with('"').fill_null(value=False)
        indexes = quoted.arg_true()
        column = column.clone().scatter(indexes, [json.loads(text) for text in column.gather(indexes).to_list()])
        column = column.replace("null", None)
    return column.replace("", None)


def _column(column: pl.Series) -> pa.Array:
    return column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())


def _wkb(geometry: Geometry) -> pa.Array:
    if isinstance(geometry, Shapes):
        return pa.array(shapely.to_wkb(geometry.array), type=pa.binary())
    records = np.empty(len(geometry), dtype=_POINT_WKB)
    records["order"], records["kind"], records["x"], records["y"] = 1, 1, geometry.x, geometry.y
    is_known = ~is_missing(geometry)
    sizes = np.where(is_known, _POINT_WKB.itemsize, 0)
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    valid = pa.py_buffer(np.packbits(is_known, bitorder="little"))
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(records[is_known])]
    return pa.Array.from_buffers(pa.binary(), len(geometry), buffers)


def _boxes(boxes: np.ndarray) -> pa.Array:
    missing = pa.array(np.isnan(boxes).any(axis=1))
    sides = [pa.array(np.ascontiguousarray(boxes[:, side])) for side in range(len(SIDES))]
    return pa.StructArray.from_arrays(sides, fields=list(BOX), mask=missing)
