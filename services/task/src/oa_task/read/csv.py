"""CSV files, read as Python's csv module does, by a fast parser where that gives the same."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch
from oa_task.read.columns import make_names_unique
from oa_task.read.coordinates import points
from oa_task.read.crs import projection
from oa_task.read.csv_plain import Layout, parse_plain, whole_records
from oa_task.read.csv_records import CsvRecords
from oa_task.read.encoding import utf8_pieces
from oa_task.read.request import ReadRequest
from oa_task.read.text_buffer import TextBuffer
from oa_task.read.web_page import refuse_web_page
from oa_task.runtime.failure import TaskFailure

_BLOCK_BYTES = 4 * 1024 * 1024
Frame = tuple[pl.DataFrame, np.ndarray]


def read_csv(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of rows.

    Raises TaskFailure source.encoding, source.format, source.columns_missing, source.crs, source.schema, source.empty.
    """
    conform, bad_rows = request.conform, request.bad_rows
    place = _place(conform)
    refuse_web_page(request.path, "CSV")
    buffer = TextBuffer(utf8_pieces(request.path, conform.get("encoding")))
    separator = _separator(conform)
    records = CsvRecords(buffer, separator=separator, bad_rows=bad_rows)
    names = _names(buffer, records, conform, bad_rows)
    _check_place(names, place)
    wanted = [number for number, name in enumerate(names) if name in request.columns or name in place]
    srs = projection(conform.get("srs"))
    for frame, rows in _frames(buffer, records, Layout(names, tuple(wanted), separator)):
        geometry = points(frame[place[0]], frame[place[1]], rows, srs=srs, bad_rows=bad_rows)
        gaps = rows if len(rows) and rows[-1] - rows[0] >= len(rows) else None
        yield FeatureBatch(int(rows[0]) if len(rows) else 0, frame, geometry, names, gaps)


def _frames(buffer: TextBuffer, records: CsvRecords, layout: Layout) -> Iterator[Frame]:
    """Yield the wanted columns of each block, and the rows of what is in it."""
    width = len(layout.names)
    while ahead := buffer.peek(_BLOCK_BYTES):
        block = whole_records(ahead)
        frame = parse_plain(block, layout) if block else None
        if frame is None:
            kept, rows = records.rows(len(block) or 1, width)
            data = {layout.names[place]: [cells[place] for cells in kept] for place in layout.places}
            yield pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)), np.array(rows, dtype=np.int64)
        else:
            buffer.take(len(block))
            yield frame, records.number(frame.height)


def _separator(conform: dict[str, Any]) -> str:
    separator = conform.get("csvsplit", ",")
    if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n\0':
        raise TaskFailure("source.schema", f"csvsplit {str(separator)[:50]!r} is not one character")
    return separator


def _names(buffer: TextBuffer, records: CsvRecords, conform: dict[str, Any], bad_rows: BadRows) -> tuple[str, ...]:
    """Take the lines to the header and return the names of the columns."""
    headers = conform.get("headers")
    if headers == -1:
        return tuple(f"COLUMN{place}" for place in range(1, records.first_width(_BLOCK_BYTES) + 1))
    for _ in range(int(headers or conform.get("skiplines") or 1) - 1):
        buffer.line()
    names = records.header()
    if not names:
        raise TaskFailure("source.empty", "the file has no header line")
    return tuple(make_names_unique(names, bad_rows))


def _place(conform: dict[str, Any]) -> tuple[str, str]:
    """Return the names of the columns of x and y."""
    lon, lat = conform.get("lon"), conform.get("lat")
    if not isinstance(lon, str) or not isinstance(lat, str):
        raise TaskFailure("source.schema", "a CSV source needs the names of its columns in `lon` and `lat`")
    return lon, lat


def _check_place(names: tuple[str, ...], place: tuple[str, str]) -> None:
    missing = [name for name in place if name not in names]
    if missing:
        there = ", ".join(names[:50])
        raise TaskFailure("source.columns_missing", f"there is no column {', '.join(missing)}; the data has {there}")
