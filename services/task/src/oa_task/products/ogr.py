"""Formats that GDAL writes: GeoPackage, FlatGeobuf."""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio

from oa_task.definition.source_entry import ATTRIBUTES
from oa_task.products.parts import Part
from oa_task.products.rows import RowBatch

CRS = "EPSG:4326"
_LAYER_OPTIONS = {"GPKG": {"SPATIAL_INDEX": "YES"}, "FlatGeobuf": {"SPATIAL_INDEX": "YES"}}


def write_gpkg(part: Part, target: Path) -> dict[str, int]:
    """Write one table, named as the layer, with a spatial index."""
    write_arrow(_batches(part.rows()), schema_without_box(part.layer), target, "GPKG", part)
    return {}


def write_flatgeobuf(part: Part, target: Path) -> dict[str, int]:
    """Write a file with a spatial index, which takes no row without a geometry: they are left out and counted."""
    left_out = 0

    def placed() -> Iterator[RowBatch]:
        nonlocal left_out
        for rows in part.rows():
            there = rows.batch.column("geometry").is_valid().to_numpy(zero_copy_only=False)
            left_out += len(rows) - int(there.sum())
            yield rows.chosen(there)

    write_arrow(_batches(placed()), schema_without_box(part.layer), target, "FlatGeobuf", part)
    return {"without_geometry": left_out} if left_out else {}


def schema_without_box(layer: str) -> pa.Schema:
    """Return the columns of a table for GDAL."""
    texts = [pa.field(name, pa.large_string()) for name in ("hash", *ATTRIBUTES[layer], "source")]
    return pa.schema([*texts, pa.field("geometry", pa.binary())])


def write_arrow(batches: Iterable[pa.RecordBatch], schema: pa.Schema, target: Path, driver: str, part: Part) -> None:
    """Have GDAL write batches as they come. `part` says which layer they are of, and which geometry they have."""
    options: dict[str, Any] = dict(_LAYER_OPTIONS.get(driver, {}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches),
            target,
            layer=part.layer,
            driver=driver,
            geometry_name="geometry",
            geometry_type=part.types[0] if len(part.types) == 1 else "Unknown",
            crs=CRS,
            layer_options=options,
        )


def _batches(rows: Iterable[RowBatch]) -> Iterator[pa.RecordBatch]:
    for some in rows:
        yield some.batch.select(schema_without_box(some.layer).names)
