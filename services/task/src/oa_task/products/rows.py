"""The rows of a published GeoParquet file that touch a box, one batch at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from oa_shared.product_plans import ProductInput
from oa_shared.products import Bounds
from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.features.batch import Geometry, Points, Shapes
from oa_task.read import wkb
from oa_task.runtime.failure import TaskFailure
from oa_task.write.geoparquet import BOX, ORIENTATION, SIDES
from oa_task.write.winding import wind

BATCH_ROWS = 20_000


def schema_of(layer: str) -> pa.Schema:
    """Return the columns of the rows of a product: the dataset's label, hash, attributes, geometry, bounding box."""
    texts = [pa.field(name, pa.large_string()) for name in ("source", "hash", *ATTRIBUTES[layer])]
    return pa.schema([*texts, pa.field("geometry", pa.binary()), pa.field("bbox", BOX)])


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Consecutive rows of one layer, with the columns of `schema_of`."""

    batch: pa.RecordBatch
    layer: str

    def __len__(self) -> int:
        rows: int = self.batch.num_rows
        return rows

    @property
    def bounds(self) -> np.ndarray:
        """Return west, south, east, north of each row, NaN without a geometry: shape (n, 4)."""
        box = self.batch.column("bbox")
        sides = [pc.struct_field(box, side).fill_null(float("nan")) for side in SIDES]
        return np.column_stack([side.to_numpy(zero_copy_only=False) for side in sides])

    @property
    def geometry(self) -> Geometry:
        """Return the geometries, Points if all of them are points."""
        column = self.batch.column("geometry")
        pairs = wkb.points(column)
        return Points(*pairs) if pairs is not None else Shapes(wkb.shapes(column)[0])

    @property
    def types(self) -> np.ndarray:
        """Return the GEOS type number of each geometry, -1 for a missing one."""
        geometry = self.geometry
        if isinstance(geometry, Points):
            return np.where(np.isnan(geometry.x), -1, 0)
        return np.asarray(shapely.get_type_id(geometry.array))

    def select(self, mask: np.ndarray) -> "RowBatch":
        """Return the rows of a mask."""
        return self if mask.all() else RowBatch(self.batch.filter(pa.array(mask)), self.layer)


def read_rows(path: Path, layer: str) -> Iterator[RowBatch]:
    """Yield the rows of a part."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            yield RowBatch(batch, layer)


def read_input(path: Path, item: ProductInput, bbox: Bounds | None) -> Iterator[RowBatch]:
    """Yield the rows of a dataset that touch the box. Raises TaskFailure source.format."""
    schema = schema_of(item.layer)
    try:
        with pq.ParquetFile(path) as file:
            groups = [group for group in range(file.num_row_groups) if _may_touch(file, group, bbox)]
            names = [name for name in schema.names if name in file.schema_arrow.names]
            is_wound = has_wound_rings(path)
            for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, columns=names):
                rows = RowBatch(_with_schema(batch, schema, item.label), item.layer)
                touching = rows if bbox is None else rows.select(_touches(rows, bbox))
                if len(touching):
                    yield touching if is_wound else _wind_rings(touching)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise TaskFailure("source.format", f"{item.key} is not a GeoParquet file of {item.label}: {error}") from error


def has_wound_rings(path: Path) -> bool:
    """Return whether rings turn as RFC 7946 says; earlier versions of the engine did not.

    Raises pa.ArrowException and OSError.
    """
    about = json.loads((pq.read_metadata(path).metadata or {}).get(b"geo", b"{}"))
    return bool(about.get("columns", {}).get("geometry", {}).get("orientation") == ORIENTATION)


def _wind_rings(rows: RowBatch) -> RowBatch:
    geometry = rows.geometry
    if isinstance(geometry, Points):
        return rows
    place = rows.batch.schema.get_field_index("geometry")
    bodies = pa.array(shapely.to_wkb(wind(geometry.array)), type=pa.binary())
    return RowBatch(rows.batch.set_column(place, rows.batch.schema.field(place), bodies), rows.layer)


def _with_schema(batch: pa.RecordBatch, schema: pa.Schema, label: str) -> pa.RecordBatch:
    """Return a batch with the columns of products; earlier versions of the engine may have written fewer."""
    columns = []
    for field in schema:
        if field.name == "source":
            columns.append(pa.array([label]).cast(field.type).take(pa.array(np.zeros(batch.num_rows, dtype=np.int8))))
        elif field.name in batch.schema.names:
            columns.append(batch.column(field.name).cast(field.type))
        elif field.name in {"geometry", "bbox", "hash"}:
            raise KeyError(f"missing column {field.name}")
        else:
            columns.append(pa.nulls(batch.num_rows, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _boxes(bbox: Bounds) -> list[Bounds]:
    west, south, east, north = bbox
    if west < east:
        return [bbox]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def _may_touch(file: pq.ParquetFile, group: int, bbox: Bounds | None) -> bool:
    """Return False if the statistics of a row group exclude rows in the box."""
    if bbox is None:
        return True
    metadata = file.metadata.row_group(group)
    columns = [metadata.column(index) for index in range(metadata.num_columns)]
    known = {column.path_in_schema: column.statistics for column in columns if column.statistics is not None}
    sides = [known[name] for name in (f"bbox.{side}" for side in SIDES) if name in known and known[name].has_min_max]
    if len(sides) < len(SIDES):
        return True
    west, south, east, north = sides[0].min, sides[1].min, sides[2].max, sides[3].max
    return any(west <= e and east >= w and south <= n and north >= s for w, s, e, n in _boxes(bbox))


def _touches(rows: RowBatch, bbox: Bounds) -> np.ndarray:
    """Return the mask of rows that touch the box: points by their coordinates, other geometries by their shape."""
    mask = np.zeros(len(rows), dtype=bool)
    bounds = rows.bounds
    for west, south, east, north in _boxes(bbox):
        near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
        inside = (bounds[:, 0] >= west) & (bounds[:, 2] <= east) & (bounds[:, 1] >= south) & (bounds[:, 3] <= north)
        unsure = np.flatnonzero(near & ~inside & ~mask)
        mask |= inside
        if len(unsure):
            bodies = rows.batch.column("geometry").take(pa.array(unsure))
            mask[unsure] = shapely.intersects(wkb.shapes(bodies)[0], shapely.box(west, south, east, north))
    return mask
