"""The formats that GDAL writes: GeoPackage and FlatGeobuf, and the shapefiles of another module.

The files state a fixed time, so that the same rows give the same bytes.
"""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyogrio

from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.products.parts import Part
from oa_task.products.rows import RowBatch

CRS = "EPSG:4326"
_LAYER_OPTIONS = {
    "GPKG": {"SPATIAL_INDEX": "YES"},
    "FlatGeobuf": {"SPATIAL_INDEX": "YES"},
    "ESRI Shapefile": {"DBF_DATE_LAST_UPDATE": "1980-01-01"},
}
_GPKG_LAST_CHANGE = "1980-01-01T00:00:00.000Z"


def write_gpkg(part: Part, target: Path, description: str) -> dict[str, int]:
    """Write one table with a spatial index, named like the layer; programs show its description."""
    schema = schema_without_box(part.layer)
    write_arrow(_batches(part.rows()), schema, target, "GPKG", part, description=description)
    return {}


def write_flatgeobuf(part: Part, target: Path, description: str) -> dict[str, int]:
    """Write a file with a spatial index; leave out rows without a geometry, and return their number."""
    left_out = 0

    def rows_with_geometry() -> Iterator[RowBatch]:
        nonlocal left_out
        for rows in part.rows():
            has_geometry = rows.batch.column("geometry").is_valid().to_numpy(zero_copy_only=False)
            left_out += len(rows) - int(has_geometry.sum())
            yield rows.select(has_geometry)

    batches, schema = _batches(rows_with_geometry()), schema_without_box(part.layer)
    write_arrow(batches, schema, target, "FlatGeobuf", part, description=description)
    return {"without_geometry": left_out} if left_out else {}


def schema_without_box(layer: str) -> pa.Schema:
    """Return the columns of a table for GDAL."""
    texts = [pa.field(name, pa.large_string()) for name in ("hash", *ATTRIBUTES[layer], "source")]
    return pa.schema([*texts, pa.field("geometry", pa.binary())])


def write_arrow(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    target: Path,
    driver: str,
    part: Part,
    *,
    description: str | None = None,
) -> None:
    """Stream batches to GDAL; `part` has their layer and geometry types, `description` is kept in the file."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _GPKG_LAST_CHANGE})
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
            layer_options=_LAYER_OPTIONS.get(driver, {}) | ({"DESCRIPTION": description} if description else {}),
        )


def _batches(several: Iterable[RowBatch]) -> Iterator[pa.RecordBatch]:
    for rows in several:
        yield rows.batch.select(schema_without_box(rows.layer).names)
