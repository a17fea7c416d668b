"""CSV files: read by a fast parser where its result equals that of Python's csv module, by that module elsewhere."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from oa_task.features.batch import FeatureBatch
from oa_task.read.coordinates import points
from oa_task.read.crs import projection
from oa_task.read.csv_header import BLOCK_BYTES, coordinate_columns, read_names, read_separator
from oa_task.read.csv_plain import Layout, parse_plain, whole_records
from oa_task.read.csv_quotes import RecordShape
from oa_task.read.csv_records import CsvRecords
from oa_task.read.encoding import TextFile
from oa_task.read.mixed_encodings import Utf8Cells
from oa_task.read.request import ReadRequest
from oa_task.read.text_buffer import TextBuffer
from oa_task.read.undecodable import UndecodableCells

Frame = tuple[pl.DataFrame, np.ndarray]


def read_csv(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of rows.

    Raises TaskFailure source.encoding, source.format, source.columns_missing, source.crs, source.schema, source.empty.
    """
    bad_rows = request.bad_rows
    lon, lat = coordinate_columns(request)
    file = TextFile(request.path, request.option("encoding"))
    undecodable, utf8_cells = UndecodableCells(file, bad_rows), Utf8Cells(file.codec)
    buffer = TextBuffer(file.pieces())
    separator = read_separator(buffer, request)
    records = CsvRecords(buffer, separator=separator, bad_rows=bad_rows)
    names = read_names(buffer, records, request, file)
    selected = [index for index, name in enumerate(names) if name in request.columns or name in {lon, lat}]
    surplus = _empty_surplus(records.first_cells(BLOCK_BYTES), len(names))
    layout = Layout(names, tuple(selected), separator, (names.index(lon), names.index(lat)), surplus)
    srs = projection(request.option("srs"))
    for raw_frame, rows in _frames(buffer, records, layout):
        if file.may_hold_utf8:
            utf8_cells.look(raw_frame)
        frame = undecodable.clear(raw_frame, rows)
        geometry = points(frame[lon], frame[lat], rows, srs=srs, bad_rows=bad_rows)
        gaps = rows if len(rows) and rows[-1] - rows[0] >= len(rows) else None
        yield FeatureBatch(int(rows[0]) if len(rows) else 0, frame, geometry, names, gaps)
    undecodable.warn()
    utf8_cells.warn(bad_rows)
    records.warn()


def _frames(buffer: TextBuffer, records: CsvRecords, layout: Layout) -> Iterator[Frame]:
    """Yield the selected columns of each block, and the input row of each record in it."""
    shape = RecordShape(len(layout.names), layout.separator, layout.coordinates)
    while (ahead := buffer.peek(BLOCK_BYTES)) or records.has_lines_again:
        block = whole_records(ahead)
        frame = parse_plain(block, layout) if block and not records.has_lines_again else None
        if frame is None:
            records_read, rows = records.rows(len(block) or 1, shape)
            data = {layout.names[index]: [cells[index] for cells in records_read] for index in layout.selected}
            yield pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)), np.array(rows, dtype=np.int64)
        else:
            buffer.consume(len(block))
            yield frame, records.next_row_numbers(frame.height)


def _empty_surplus(first: list[str], width: int) -> int:
    """Return how many empty cells the first row has beyond the last column: all rows may end with a separator."""
    return len(first) - width if len(first) > width and not any(first[width:]) else 0
