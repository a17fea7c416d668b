"""CSV files: read by a fast parser where its result equals that of Python's csv module, by that module elsewhere."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from oa_task.definition.nearest_column import nearest_column
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
    bad_rows = request.bad_rows
    lon, lat = _coordinate_columns(request)
    refuse_web_page(request.path, "CSV")
    buffer = TextBuffer(utf8_pieces(request.path, request.option("encoding")))
    separator = _separator(request)
    records = CsvRecords(buffer, separator=separator, bad_rows=bad_rows)
    names = _names(buffer, records, request)
    _check_coordinate_columns(names, (lon, lat))
    selected = [index for index, name in enumerate(names) if name in request.columns or name in {lon, lat}]
    srs = projection(request.option("srs"))
    for frame, rows in _frames(buffer, records, Layout(names, tuple(selected), separator)):
        geometry = points(frame[lon], frame[lat], rows, srs=srs, bad_rows=bad_rows)
        gaps = rows if len(rows) and rows[-1] - rows[0] >= len(rows) else None
        yield FeatureBatch(int(rows[0]) if len(rows) else 0, frame, geometry, names, gaps)


def _frames(buffer: TextBuffer, records: CsvRecords, layout: Layout) -> Iterator[Frame]:
    """Yield the selected columns of each block, and the input row of each record in it."""
    width = len(layout.names)
    while ahead := buffer.peek(_BLOCK_BYTES):
        block = whole_records(ahead)
        frame = parse_plain(block, layout) if block else None
        if frame is None:
            records_read, rows = records.rows(len(block) or 1, width)
            data = {layout.names[index]: [cells[index] for cells in records_read] for index in layout.selected}
            yield pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)), np.array(rows, dtype=np.int64)
        else:
            buffer.consume(len(block))
            yield frame, records.next_row_numbers(frame.height)


def _separator(request: ReadRequest) -> str:
    separator = request.conform.get("csvsplit", ",")
    if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n\0':
        text = f"`conform.csvsplit` {str(separator)[:50]!r} is not valid: use one character, but no quote or line end"
        raise TaskFailure("source.schema", text)
    return separator


def _names(buffer: TextBuffer, records: CsvRecords, request: ReadRequest) -> tuple[str, ...]:
    """Consume the lines up to and including the header; return the names of the columns."""
    headers, skip_lines = request.conform.get("headers"), request.conform.get("skiplines")
    if headers == -1:
        return tuple(f"COLUMN{number}" for number in range(1, records.first_width(_BLOCK_BYTES) + 1))
    header_line = headers or skip_lines
    for _ in range(header_line - 1 if isinstance(header_line, int) else 0):
        buffer.line()
    names = records.header()
    if not names:
        raise TaskFailure("source.empty", f"{request.path.name} has no header line: check what the URL returns")
    return tuple(make_names_unique(names, request.bad_rows))


def _coordinate_columns(request: ReadRequest) -> tuple[str, str]:
    """Return the names of the columns of x and y."""
    lon, lat = request.conform.get("lon"), request.conform.get("lat")
    if not isinstance(lon, str) or not isinstance(lat, str):
        text = "missing `conform.lon` or `conform.lat`: a CSV source must name the columns of its coordinates"
        raise TaskFailure("source.schema", text)
    return lon, lat


def _check_coordinate_columns(names: tuple[str, ...], coordinate_columns: tuple[str, str]) -> None:
    missing = [name for name in coordinate_columns if name not in names]
    if missing:
        text = f"missing coordinate column {', '.join(_with_nearest(name, names) for name in missing)}"
        text = f"{text} (`conform.lon`, `conform.lat`)"
        raise TaskFailure("source.columns_missing", f"{text}; the data has {', '.join(names[:50])}")


def _with_nearest(name: str, names: tuple[str, ...]) -> str:
    nearest = nearest_column(name, names)
    return name if nearest is None else f"{name} (nearest: {nearest[:100]!r})"
