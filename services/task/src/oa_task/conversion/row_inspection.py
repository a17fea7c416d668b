"""A few rows, before and after: what was read, which rule made what of it. It runs in the sandbox."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import shapely

from oa_task.conform.missing_columns import check_columns
from oa_task.conform.trace import trace_row
from oa_task.conversion.raw_parts import unpack_parts
from oa_task.definition.source_entry import SourceEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points
from oa_task.read.source import open_batches
from oa_task.runtime.failure import TaskFailure

_SHOWN_TEXT = 500


def inspect_rows(raws: Sequence[Path], entry: SourceEntry, *, work: Path, first: int, count: int) -> dict[str, Any]:
    """Return `rows`, at most `count` of them, from the output row `first` (1 is the first one) on.

    Each has its `row` in the output and `input_row`, the `raw` columns as text, the `attributes` with the steps that
    made them, and the `geometry` as text. Raises TaskFailure source.*; source.empty where there is no such row.
    """
    rows: list[dict[str, Any]] = []
    for number, batch, place in _places(raws, entry, work, last=first + count - 1):
        if number == 1:
            check_columns(batch, entry)
        if number >= first:
            rows.append({"row": number, **_shown(batch, entry, place)})
    if not rows:
        raise TaskFailure("source.empty", f"there is no feature {first:,} in the data")
    return {"rows": rows}


def first_rows(batches: Iterable[FeatureBatch], entry: SourceEntry, *, count: int) -> list[dict[str, Any]]:
    """Return at most `count` rows of batches with all their columns, as `inspect` does."""
    places = ((batch, place) for batch in batches for place in range(len(batch)))
    return [
        {"row": number, **_shown(batch, entry, place)} for number, (batch, place) in enumerate(islice(places, count), 1)
    ]


def column_names(raws: Sequence[Path], entry: SourceEntry, *, work: Path) -> dict[str, Any]:
    """Return `columns`, the names that the data has. Raises TaskFailure source.*."""
    for files in unpack_parts(raws, entry, work / "unpacked"):
        for batch in open_batches(files, entry, bad_rows=BadRows(), all_columns=True, limit=1):
            return {"columns": sorted({*batch.available, *batch.columns.columns})}
    raise TaskFailure("source.empty", "there are no features in the data")


def _places(
    raws: Sequence[Path], entry: SourceEntry, work: Path, *, last: int
) -> Iterator[tuple[int, FeatureBatch, int]]:
    number, bad_rows = 0, BadRows()
    for files in unpack_parts(raws, entry, work / "unpacked"):
        for batch in open_batches(files, entry, bad_rows=bad_rows, all_columns=True, limit=last - number):
            for place in range(len(batch)):
                number += 1
                yield number, batch, place
        if number >= last:
            return


def _shown(batch: FeatureBatch, entry: SourceEntry, place: int) -> dict[str, Any]:
    # A frame without columns has no rows either.
    raw = batch.columns.row(place, named=True) if batch.columns.width else {}
    input_row = batch.first_row + place if batch.rows is None else int(batch.rows[place])
    return {
        "input_row": input_row + 1,
        "raw": {name: value[:_SHOWN_TEXT] if value else value for name, value in raw.items() if name},
        "attributes": [asdict(trace) for trace in trace_row(batch, entry, place)],
        "geometry": _geometry(batch, place),
    }


def _geometry(batch: FeatureBatch, place: int) -> str | None:
    """Return a short text: WKT, cut where it is long."""
    if isinstance(batch.geometry, Points):
        shape = shapely.Point(batch.geometry.x[place], batch.geometry.y[place])
    else:
        shape = batch.geometry.array[place]
    if shape is None or shapely.is_empty(shape):
        return None
    text = shapely.to_wkt(shape, rounding_precision=7)
    return text if len(text) <= _SHOWN_TEXT else f"{text[:_SHOWN_TEXT]}…"
