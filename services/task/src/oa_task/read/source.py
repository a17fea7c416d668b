"""Batches of features from unpacked files: the single entry point to the readers of all formats."""

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from oa_task.definition.task_entry import TaskEntry, needed_columns
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points, Shapes
from oa_task.read.content_match import match_content
from oa_task.read.file_selection import choose_file
from oa_task.read.request import AllColumns, ReadRequest
from oa_task.read.sidecars import with_sidecars

Reader = Callable[[ReadRequest], Iterator[FeatureBatch]]
_READERS = {"csv": "csv", "geojson": "geojson", "spreadsheet": "spreadsheet", "parquet": "parquet"}


def open_batches(
    files: list[Path], entry: TaskEntry, *, bad_rows: BadRows, all_columns: bool = False, limit: int | None = None
) -> Iterator[FeatureBatch]:
    """Yield the features of the data in input order: all of them, or the first `limit`.

    Reads only the columns that the entry's rules name, unless `all_columns` is set. Checks `bad_rows` after the last
    feature, including rows that the caller has added by then, but not with a `limit`. Row numbers continue from
    `bad_rows.rows_read`, through all parts of a source. Raises TaskFailure source.*.
    """
    columns: Container[str] = AllColumns() if all_columns else needed_columns(entry)
    path = files[0] if entry.is_esri else choose_file(files, entry.conform, bad_rows.warn)
    batches = _read(entry, ReadRequest(path, entry.conform, columns, bad_rows, limit))
    if limit is not None:
        yield from _first(batches, limit)
        return
    yield from batches
    bad_rows.check()


def _read(entry: TaskEntry, request: ReadRequest) -> Iterator[FeatureBatch]:
    name = "esri"
    if not entry.is_esri:
        request = match_content(request)
        if request.format.startswith("shapefile"):
            request = replace(request, path=with_sidecars(request.path))
        name = _READERS.get(request.format, "ogr")
    return (batch for batch in _reader(name)(request) if len(batch))


def _reader(name: str) -> Reader:
    """Return `read_NAME` of `oa_task.read.NAME`, without loading the libraries of the other formats."""
    reader: Reader = getattr(import_module(f"oa_task.read.{name}"), f"read_{name}")
    return reader


def _first(batches: Iterator[FeatureBatch], limit: int) -> Iterator[FeatureBatch]:
    remaining = limit
    for batch in batches:
        if remaining <= 0:
            return
        yield _head(batch, remaining)
        remaining -= len(batch)


def _head(batch: FeatureBatch, height: int) -> FeatureBatch:
    geometry = batch.geometry
    if isinstance(geometry, Points):
        head: Points | Shapes = geometry.head(height)
    else:
        head = Shapes(geometry.array[:height])
    rows = None if batch.rows is None else batch.rows[:height]
    return replace(batch, columns=batch.columns.head(height), geometry=head, rows=rows)
