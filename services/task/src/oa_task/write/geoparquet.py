"""GeoParquet 1.1: WKB geometry, a covering of bounding boxes, zstd, row groups of 50,000, streamed."""

import json
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from oa_shared.json_types import JsonObject

GROUP_ROWS = 50_000
_GROUP_BYTES = 64 * 1024 * 1024
ORIENTATION = "counterclockwise"
"""The direction of outlines; holes turn the other way."""
SIDES = ("xmin", "ymin", "xmax", "ymax")
BOX = pa.struct([pa.field(side, pa.float64()) for side in SIDES])
_TYPE_NAMES = dict(
    enumerate(("Point", "LineString", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"))
)


class _GeometryColumn(TypedDict):
    """The metadata of a geometry column (https://geoparquet.org/releases/v1.1.0/)."""

    encoding: str
    geometry_types: list[str]
    edges: str
    orientation: str
    covering: dict[str, dict[str, list[str]]]
    bbox: NotRequired[list[float]]


class GeoParquetFile:
    """Writes tables of text columns, `geometry` and `bbox`; memory holds one row group."""

    def __init__(self, path: Path, texts: tuple[str, ...]) -> None:
        self.path = path
        self._part = path.with_name(path.name + ".part")
        fields = [pa.field(name, pa.large_string()) for name in texts]
        self.schema = pa.schema([*fields, pa.field("geometry", pa.binary()), pa.field("bbox", BOX)])
        self._writer = pq.ParquetWriter(
            self._part,
            self.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in texts if name != "hash"],
            write_statistics=[*texts, *(f"bbox.{side}" for side in SIDES)],
        )
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._kinds: set[str] = set()
        self.bounds: np.ndarray | None = None

    def write(self, table: pa.Table, kinds: set[int], boxes: np.ndarray) -> None:
        """Append a table; `kinds` are the GEOS types of its geometries, `boxes` their bounds, shape (n, 4)."""
        self._add_facts(kinds, boxes)
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        self._waiting_bytes += table.nbytes
        while self._waiting_rows >= GROUP_ROWS or self._waiting_bytes >= _GROUP_BYTES:
            self._write_group()

    def close(self) -> None:
        """Write the remaining rows and the metadata, and give the file its name."""
        while self._waiting:
            self._write_group()
        self._writer.add_key_value_metadata({"geo": json.dumps(self._metadata())})
        self._writer.close()
        self._part.replace(self.path)

    @property
    def types(self) -> tuple[str, ...]:
        """Return the sorted names of the geometry types so far."""
        return tuple(sorted(self._kinds))

    def abandon(self) -> None:
        """Remove the unfinished file."""
        self._writer.close()
        self._part.unlink(missing_ok=True)

    def _write_group(self) -> None:
        table = pa.concat_tables(self._waiting)
        self._writer.write_table(table.slice(0, GROUP_ROWS), row_group_size=GROUP_ROWS)
        rest = table.slice(GROUP_ROWS)
        self._waiting = [rest] if rest.num_rows else []
        self._waiting_rows, self._waiting_bytes = rest.num_rows, rest.nbytes if rest.num_rows else 0

    def _add_facts(self, kinds: set[int], boxes: np.ndarray) -> None:
        known = boxes[~np.isnan(boxes).any(axis=1)]
        if not len(known):
            return
        self._kinds |= {_TYPE_NAMES.get(kind, "GeometryCollection") for kind in kinds - {-1}}
        all_boxes = known if self.bounds is None else np.vstack([known, self.bounds])
        self.bounds = np.concatenate([all_boxes[:, :2].min(axis=0), all_boxes[:, 2:].max(axis=0)])

    def _metadata(self) -> JsonObject:
        column: _GeometryColumn = {
            "encoding": "WKB",
            "geometry_types": list(self.types),
            "edges": "planar",
            "orientation": ORIENTATION,
            "covering": {"bbox": {side: ["bbox", side] for side in SIDES}},
        }
        if self.bounds is not None:
            column["bbox"] = self.bounds.tolist()
        return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
