"""`profile.json` and `sample.json`: the columns and the first rows of the input. It runs inside the sandbox."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from oa_shared.json_types import JsonObject
from oa_task.conversion.column_profile import SAMPLE_ROWS, profile_columns
from oa_task.conversion.preview_row import PreviewRow
from oa_task.conversion.raw_parts import unpack_parts
from oa_task.conversion.row_inspection import first_rows, read_sample
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.batch import FeatureBatch, Points
from oa_task.results.files import PROFILE_FILE, SAMPLE_FILE
from oa_task.runtime.failure import TaskFailure

_SHOWN_ROWS = 10
_HEADER_BYTES = 64 * 1024
_SEPARATORS = ",;\t|"
_READING_OPTIONS = frozenset({"format", "file", "layer", "lon", "lat", "csvsplit", "headers", "skiplines"})
_ANY_SYSTEM = "EPSG:3857"
"""A system in which coordinates of almost any other system are on the earth, so that no row is left out."""


def describe_input(raws: Sequence[Path], entry: TaskEntry, *, work: Path, out: Path) -> JsonObject:
    """Write both files for data whose conversion failed; return the number of columns and of sample rows.

    Data that cannot be read as the definition says is read without its rules and its reference system, then as a table
    whose first line has the names of the columns. Data without rows still has columns. Raises TaskFailure source.* if
    no reader reads it.
    """
    files = next(iter(unpack_parts(raws, entry, work / "described")))
    failure = TaskFailure("source.empty", "no rows in the data")
    for attempt in _entries_to_try(files, entry):
        try:
            batches = read_sample(files, attempt, limit=SAMPLE_ROWS)
        except TaskFailure as error:
            failure = error
            continue
        if batches:
            # The coordinates of another system would be in a wrong place.
            return write_profile(batches if attempt is entry else list(map(_without_places, batches)), entry, out)
    if columns := _columns_without_rows(files, entry):
        return write_profile([_empty_batch(columns)], entry, out)
    raise failure


def write_profile(batches: Sequence[FeatureBatch], entry: TaskEntry, out: Path) -> JsonObject:
    """Write both files for the first features of the data; return the number of columns and of sample rows."""
    profile, rows = profile_columns(batches), first_rows(batches, entry, count=_SHOWN_ROWS)
    _write_text(out / PROFILE_FILE, json.dumps(profile, indent=1, ensure_ascii=False))
    _write_text(out / SAMPLE_FILE, json.dumps({"rows": rows}, ensure_ascii=False))
    return _counts(batches, rows)


def _counts(batches: Sequence[FeatureBatch], rows: Sequence[PreviewRow]) -> JsonObject:
    return {"columns": len(batches[0].column_names) if batches else 0, "rows": len(rows)}


def _write_text(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")


def _entries_to_try(files: Sequence[Path], entry: TaskEntry) -> Iterator[TaskEntry]:
    """Yield the unchanged entry, then with the options that reading needs; then as tables with different separators."""
    yield entry
    if entry.is_esri:
        return
    options = {key: value for key, value in entry.conform.items() if key in _READING_OPTIONS}
    yield replace(entry, conform={**options, "srs": _ANY_SYSTEM}, rules={})
    for separator in _separators(entry):
        header = _header(files[0], separator)
        if len(header) > 1:
            # The coordinates are in the first column: those rows have no place.
            coordinates = {"lon": header[0], "lat": header[0]}
            yield replace(entry, conform={**entry.conform, "format": "csv", "csvsplit": separator, **coordinates})


def _separators(entry: TaskEntry) -> Iterator[str]:
    yield from dict.fromkeys([str(entry.conform.get("csvsplit") or ","), *_SEPARATORS])


def _columns_without_rows(files: Sequence[Path], entry: TaskEntry) -> list[str]:
    """Return the columns of data without rows; none for a file that lists none."""
    if entry.is_esri:
        return []
    headers = [_header(files[0], separator) for separator in _separators(entry)]
    header = max(headers, key=len)
    if len(header) > 1:
        return header
    from oa_task.read.layer_columns import list_layer_columns  # noqa: PLC0415 - loads GDAL for a failed layer only

    return list_layer_columns(files, entry.conform)


def _empty_batch(columns: Sequence[str]) -> FeatureBatch:
    frame = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return FeatureBatch(0, frame, Points(np.empty(0), np.empty(0)), tuple(columns))


def _without_places(batch: FeatureBatch) -> FeatureBatch:
    missing = np.full(len(batch), np.nan)
    return replace(batch, geometry=Points(missing, missing))


def _header(file: Path, separator: str) -> list[str]:
    """Return the cells of the first line of a text; none for another file, or for markup."""
    if file.is_dir() or len(separator) != 1:
        return []
    with file.open("rb") as stream:
        line = stream.readline(_HEADER_BYTES)
    if b"\x00" in line or line.lstrip().startswith((b"<", b"{", b"[")):
        return []
    return next(csv.reader([line.decode("utf-8-sig", "replace")], delimiter=separator), [])
