"""From unpacked files to batches, by format."""

from collections.abc import Iterator
from pathlib import Path

from oa_task.definition import Entry, needed_columns
from oa_task.features import FeatureBatch
from oa_task.read.choice import choose
from oa_task.read.csv import read_csv
from oa_task.read.geojson import read_geojson
from oa_task.read.ogr import read_ogr
from oa_task.read.sidecars import with_sidecars

_READERS = {"csv": read_csv, "geojson": read_geojson}


def open_batches(files: list[Path], entry: Entry) -> Iterator[FeatureBatch]:
    """Yield the features of the data in input order. Raises TaskFailure source.*."""
    path = choose(files, entry.conform)
    if entry.format.startswith("shapefile"):
        path = with_sidecars(path)
    reader = _READERS.get(entry.format, read_ogr)
    return reader(path, entry.conform, needed_columns(entry))
