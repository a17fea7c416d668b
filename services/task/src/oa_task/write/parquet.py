"""GeoParquet 1.1: WKB geometry, a covering of bounding boxes, zstd, row groups of 50,000, streamed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from oa_task.features import Attributes, Geometry, Points, Shapes
from oa_task.write.geometry import bounds, is_missing
from oa_task.write.lines import OutputBatch

GROUP_ROWS = 50_000
_GROUP_BYTES = 64 * 1024 * 1024
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([pa.field(side, pa.float64()) for side in _SIDES])
_POINT_WKB = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
_TYPE_NAMES = dict(
    enumerate(("Point", "LineString", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"))
)


class ParquetFile:
    """Writes `source.parquet`; memory holds one row group. Empty text is null, numbers are text as in the GeoJSON."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self.path = path
        self._part = path.with_name(path.name + ".part")
        texts = [pa.field(name, pa.large_string()) for name in ("hash", *names)]
        schema = pa.schema([*texts, pa.field("geometry", pa.binary()), pa.field("bbox", _BOX)])
        self._writer = pq.ParquetWriter(
            self._part,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=list(names),
            write_statistics=["hash", *names, *(f"bbox.{side}" for side in _SIDES)],
        )
        self._waiting: list[pa.Table] = []
        self._kinds: set[str] = set()
        self._bounds: np.ndarray | None = None

    def write(self, batch: OutputBatch) -> None:
        """Append a batch."""
        boxes = bounds(batch.geometry)
        self._note(batch.geometry, boxes)
        columns = [_column(batch.hashes), *_attribute_columns(batch.attributes), _wkb(batch.geometry), _boxes(boxes)]
        self._waiting.append(pa.Table.from_arrays(columns, schema=self._writer.schema))
        while self._is_due():
            self._write_group()

    def close(self) -> None:
        """Write the rest and what the whole is, and give the file its name."""
        while self._waiting:
            self._write_group()
        self._writer.add_key_value_metadata({"geo": json.dumps(self._about())})
        self._writer.close()
        self._part.replace(self.path)

    def abandon(self) -> None:
        """Remove what was written."""
        self._writer.close()
        self._part.unlink(missing_ok=True)

    def _is_due(self) -> bool:
        rows: int = sum(table.num_rows for table in self._waiting)
        size_bytes: int = sum(table.nbytes for table in self._waiting)
        return rows >= GROUP_ROWS or size_bytes >= _GROUP_BYTES

    def _write_group(self) -> None:
        table = pa.concat_tables(self._waiting)
        self._writer.write_table(table.slice(0, GROUP_ROWS), row_group_size=GROUP_ROWS)
        rest = table.slice(GROUP_ROWS)
        self._waiting = [rest] if rest.num_rows else []

    def _note(self, geometry: Geometry, boxes: np.ndarray) -> None:
        known = boxes[~np.isnan(boxes).any(axis=1)]
        if not len(known):
            return
        kinds = {0} if isinstance(geometry, Points) else set(np.unique(shapely.get_type_id(geometry.array)).tolist())
        self._kinds |= {_TYPE_NAMES.get(kind, "GeometryCollection") for kind in kinds - {-1}}
        found = known if self._bounds is None else np.vstack([known, self._bounds])
        self._bounds = np.concatenate([found[:, :2].min(axis=0), found[:, 2:].max(axis=0)])

    def _about(self) -> dict[str, Any]:
        column = {
            "encoding": "WKB",
            "geometry_types": sorted(self._kinds),
            "edges": "planar",
            "covering": {"bbox": {side: ["bbox", side] for side in _SIDES}},
        }
        if self._bounds is not None:
            column["bbox"] = self._bounds.tolist()
        return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _attribute_columns(attributes: Attributes) -> list[pa.Array]:
    return [_column(plain_text(attributes, name)) for name in attributes.frame.columns]


def plain_text(attributes: Attributes, name: str) -> pl.Series:
    """Return a column as text without quotes, null where it is empty."""
    column = attributes.frame[name]
    if name in attributes.encoded:
        quoted = column.str.starts_with('"').fill_null(value=False)
        places = quoted.arg_true()
        column = column.clone().scatter(places, [json.loads(text) for text in column.gather(places).to_list()])
        column = column.replace("null", None)
    return column.replace("", None)


def _column(column: pl.Series) -> pa.Array:
    return column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())


def _wkb(geometry: Geometry) -> pa.Array:
    if isinstance(geometry, Shapes):
        return pa.array(shapely.to_wkb(geometry.array), type=pa.binary())
    records = np.empty(len(geometry), dtype=_POINT_WKB)
    records["order"], records["kind"], records["x"], records["y"] = 1, 1, geometry.x, geometry.y
    there = ~is_missing(geometry)
    sizes = np.where(there, _POINT_WKB.itemsize, 0)
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    valid = pa.py_buffer(np.packbits(there, bitorder="little"))
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(records[there])]
    return pa.Array.from_buffers(pa.binary(), len(geometry), buffers)


def _boxes(boxes: np.ndarray) -> pa.Array:
    missing = pa.array(np.isnan(boxes).any(axis=1))
    sides = [pa.array(np.ascontiguousarray(boxes[:, place])) for place in range(len(_SIDES))]
    return pa.StructArray.from_arrays(sides, fields=list(_BOX), mask=missing)
