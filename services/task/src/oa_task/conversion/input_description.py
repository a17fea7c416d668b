"""`profile.json` and `sample.json`: the columns and the first rows of the input. It runs inside the sandbox."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_task.conversion.column_profile import SAMPLE_ROWS, profile_columns
from oa_task.conversion.preview_row import PreviewRow
from oa_task.conversion.raw_parts import unpack_parts
from oa_task.conversion.row_inspection import first_rows, read_sample
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.batch import FeatureBatch
from oa_task.results.files import PROFILE_FILE, SAMPLE_FILE
from oa_task.runtime.failure import TaskFailure

_SHOWN_ROWS = 10
_HEADER_BYTES = 64 * 1024
_SEPARATORS = ",;\t|"


def describe_input(raws: Sequence[Path], entry: TaskEntry, *, work: Path, out: Path) -> JsonObject:
    """Write both files for data whose conversion failed; return the number of columns and of sample rows.

    Data that cannot be read as the definition says is read as a table whose first line has the names of the columns.
    Raises TaskFailure source.* if no reader reads it.
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
            return write_profile(batches, entry, out)
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
    """Yield the entry as it is, then as a table whose coordinates are in its first column: those rows have no place."""
    yield entry
    if entry.is_esri:
        return
    for separator in dict.fromkeys([str(entry.conform.get("csvsplit") or ","), *_SEPARATORS]):
        header = _header(files[0], separator)
        if len(header) > 1:
            coordinates = {"lon": header[0], "lat": header[0]}
            yield replace(entry, conform={**entry.conform, "format": "csv", "csvsplit": separator, **coordinates})


def _header(file: Path, separator: str) -> list[str]:
    """Return the cells of the first line of a text; none for another file."""
    if file.is_dir() or len(separator) != 1:
        return []
    with file.open("rb") as stream:
        line = stream.readline(_HEADER_BYTES)
    if b"\x00" in line:
        return []
    return next(csv.reader([line.decode("utf-8-sig", "replace")], delimiter=separator), [])
