"""`export.csv.gz`: the CSV columns of OpenAddresses; the geometry of other layers is WKT."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import shapely

from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.features.batch import Points
from oa_task.products.parts import Part
from oa_task.products.rows import RowBatch
from oa_task.write.gzip import GzipTextFile
from oa_task.write.rounding import DECIMALS

_ADDRESS = ("number", "street", "unit", "city", "district", "region", "postcode", "id", "hash")


def write_csv(part: Part, target: Path) -> dict[str, int]:
    """Write every row, with empty cells for missing values; addresses have LON and LAT, other layers WKT."""
    file = GzipTextFile(target)
    frame = pl.DataFrame()
    for rows in part.rows():
        is_first = frame.is_empty()
        frame = _frame(rows)
        file.write_bytes(frame.write_csv(include_header=is_first).encode())
    file.close()
    return {}


def _frame(rows: RowBatch) -> pl.DataFrame:
    is_address = rows.layer == "addresses"
    names = _ADDRESS if is_address else (*ATTRIBUTES[rows.layer], "hash")
    texts = pl.DataFrame(pa.Table.from_batches([rows.batch.select(list(names))]))
    geometry = _lon_lat(rows) if is_address else _wkt(rows)
    return pl.DataFrame({**geometry, **{name.upper(): texts[name] for name in names}})


def _lon_lat(rows: RowBatch) -> dict[str, pl.Series]:
    bounds = rows.bounds
    return {name: pl.Series(bounds[:, side]).fill_nan(None) for side, name in enumerate(("LON", "LAT"))}


def _wkt(rows: RowBatch) -> dict[str, pl.Series]:
    geometry = rows.geometry
    shapes = shapely.points(geometry.x, geometry.y) if isinstance(geometry, Points) else geometry.array
    return {"WKT": pl.Series(shapely.to_wkt(shapes, rounding_precision=DECIMALS).tolist(), dtype=pl.String)}
