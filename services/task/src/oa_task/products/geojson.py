"""Rows as lines of GeoJSON, and `export.geojson.gz`."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.features.batch import Attributes
from oa_task.products.parts import Part
from oa_task.products.rows import RowBatch
from oa_task.write.geometry_text import geometry_text
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import line_text, tail_text


def feature_lines(rows: RowBatch, *, with_source: bool = True) -> pl.Series:
    """Return a line for each row: its hash, attributes, the label of its dataset, and geometry."""
    names = (*ATTRIBUTES[rows.layer], "source") if with_source else ATTRIBUTES[rows.layer]
    frame = pl.DataFrame(pa.Table.from_batches([rows.batch.select(["hash", *names])])).fill_null("")
    tails = tail_text(Attributes(frame.select(names)), geometry_text(rows.geometry))
    return line_text(frame["hash"], tails)


def read_lines(part: Part) -> Iterator[pl.Series]:
    """Yield the lines of a part in batches."""
    return (feature_lines(rows) for rows in part.rows())


def write_geojson(part: Part, target: Path) -> dict[str, int]:
    """Write one feature per line."""
    file = GzipTextFile(target)
    for lines in read_lines(part):
        file.write(lines)
    file.close()
    return {}
