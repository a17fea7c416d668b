"""Sample rows as read and as conformed, with the rules that produced each value. It runs inside the sandbox."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np
import shapely

from oa_shared.json_types import JsonObject
from oa_task.conform.missing_columns import check_columns
from oa_task.conform.trace import trace_row
from oa_task.conversion.preview_row import PreviewRow, TracedAttribute
from oa_task.conversion.raw_parts import unpack_parts
from oa_task.conversion.row_summary import summarize_rows
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points
from oa_task.features.geometry import bounds, is_missing
from oa_task.placement.sample import PlaceSample
from oa_task.placement.verdict import judge_first_rows
from oa_task.read.source import open_batches
from oa_task.runtime.failure import TaskFailure

_MAX_TEXT = 500
# What is read to judge the place of the data: of an ArcGIS server one page, for which it does not have to wait long.
_FIRST_ROWS, _PAGE = 10_000, 200


def inspect_rows(
    raws: Sequence[Path], entry: TaskEntry, *, work: Path, first: int, count: int, summary: int = 0
) -> JsonObject:
    """Return `rows`: at most `count` PreviewRows from output row `first` (from 1) on; from 1 on also `placement`.

    `warnings` has a text for each column that a rule names, the data lacks, and the rule can do without.

    With a number of rows, `summary` holds their counts and placement instead.

    Raises TaskFailure source.*; source.empty if there is no row `first`.
    """
    rows: list[PreviewRow] = []
    warnings: list[str] = []
    parts = unpack_parts(raws, entry, work / "unpacked")
    for number, batch, index in _numbered_rows(parts, entry, last=first + count - 1):
        if number == 1:
            warnings = check_columns(batch.column_names, entry)
        if number >= first:
            rows.append(_preview_row(number, batch, entry, index))
    if not rows:
        raise TaskFailure("source.empty", f"missing feature {first:,}: the data has fewer")
    if summary:
        return {"rows": rows, "warnings": warnings, "summary": summarize_rows(parts, entry, least=summary)}
    return {"rows": rows, "warnings": warnings, **(_judge_placement(parts, entry) if first == 1 else {})}


def first_rows(batches: Iterable[FeatureBatch], entry: TaskEntry, *, count: int) -> list[PreviewRow]:
    """Return the first `count` rows of batches with all columns of the data; without attributes if a rule fails."""
    rows = ((batch, index) for batch in batches for index in range(len(batch)))
    numbered = list(enumerate(islice(rows, count), 1))
    try:
        return [_preview_row(number, batch, entry, index) for number, (batch, index) in numbered]
    except TaskFailure:
        return [_raw_row(number, batch, index) for number, (batch, index) in numbered]


def read_sample(files: list[Path], entry: TaskEntry, *, limit: int) -> list[FeatureBatch]:
    """Return the first `limit` features with all columns; with those of the rules if another one is unreadable.

    Raises TaskFailure source.*.
    """
    return list(_sample_batches(files, entry, BadRows(), limit=limit))


def column_names(raws: Sequence[Path], entry: TaskEntry, *, work: Path) -> JsonObject:
    """Return `columns`, the sorted column names of the data, and `placement`. Raises TaskFailure source.*."""
    parts = unpack_parts(raws, entry, work / "unpacked")
    for files in parts:
        for batch in open_batches(files, entry, bad_rows=BadRows(), all_columns=True, limit=1):
            return {"columns": sorted(batch.column_names), **_judge_placement(parts, entry)}
    raise TaskFailure("source.empty", "no features in the data")


def _judge_placement(parts: Sequence[list[Path]], entry: TaskEntry) -> JsonObject:
    """Return `placement` of the first features; nothing if the data lacks columns, which its columns explain."""
    sample, bad_rows = PlaceSample(), BadRows()
    left = _PAGE if entry.is_esri else _FIRST_ROWS
    try:
        for files in parts:
            for batch in open_batches(files, entry, bad_rows=bad_rows, limit=left):
                missing = is_missing(batch.geometry)
                sample.add(bounds(batch.geometry)[~missing])
                sample.add_missing(int(missing.sum()))
                left -= len(batch)
            if left <= 0:
                break
    except TaskFailure as failure:
        if failure.code != "source.columns_missing":
            raise
        return {}
    return {"placement": judge_first_rows(sample, bad_rows, entry).as_json()}


def _numbered_rows(
    parts: Sequence[list[Path]], entry: TaskEntry, *, last: int
) -> Iterator[tuple[int, FeatureBatch, int]]:
    """Yield the number of each output row up to `last`, its batch and its index in the batch."""
    number, bad_rows = 0, BadRows()
    for files in parts:
        for batch in _sample_batches(files, entry, bad_rows, limit=last - number):
            for index in range(len(batch)):
                number += 1
                yield number, batch, index
        if number >= last:
            return


def _sample_batches(files: list[Path], entry: TaskEntry, bad_rows: BadRows, *, limit: int) -> Iterator[FeatureBatch]:
    """Yield the first `limit` features with all columns; with those of the rules if another one is unreadable."""
    first_row, is_started = bad_rows.rows_read, False
    try:
        for batch in open_batches(files, entry, bad_rows=bad_rows, all_columns=True, limit=limit):
            is_started = True
            yield batch
    except TaskFailure:
        if is_started:
            raise
        bad_rows.rows_read = first_row
        yield from open_batches(files, entry, bad_rows=bad_rows, limit=limit)


def _preview_row(number: int, batch: FeatureBatch, entry: TaskEntry, index: int) -> PreviewRow:
    attributes = [cast("TracedAttribute", asdict(trace)) for trace in trace_row(batch, entry, index)]
    return {**_raw_row(number, batch, index), "attributes": attributes}


def _raw_row(number: int, batch: FeatureBatch, index: int) -> PreviewRow:
    # A frame without columns has no rows either.
    raw: dict[str, str | None] = batch.columns.row(index, named=True) if batch.columns.width else {}
    input_row = batch.first_row + index if batch.rows is None else int(batch.rows[index])
    return {
        "row": number,
        "input_row": input_row + 1,
        "raw": {name: value[:_MAX_TEXT] if value else value for name, value in raw.items() if name},
        "attributes": [],
        "geometry": _geometry_text(batch, index),
    }


def _geometry_text(batch: FeatureBatch, index: int) -> str | None:
    """Return WKT, cut if it is long."""
    if isinstance(batch.geometry, Points):
        shape = shapely.Point(batch.geometry.x[index], batch.geometry.y[index])
    else:
        shape = batch.geometry.array[index]
    if shape is None or shapely.is_empty(shape) or not np.isfinite(shapely.bounds(shape)).all():
        return None
    text = shapely.to_wkt(shape, rounding_precision=7)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
