"""CSV records as Python's csv module reads them, one at a time, and lines that a stray quote would swallow."""

import csv
import io
from collections import deque
from collections.abc import Iterator

import numpy as np

from oa_task.features.bad_rows import BadRows
from oa_task.read.csv_quotes import Cells, RecordShape, loose_cells, without_surplus
from oa_task.read.text_buffer import TextBuffer
from oa_task.runtime.failure import TaskFailure

MAX_FIELD_BYTES = 10 * 1024 * 1024
_EXAMPLES = 5


class CsvRecords:
    """The records of a text buffer; the consumed part of the buffer always ends at the end of a record."""

    def __init__(self, buffer: TextBuffer, *, separator: str, bad_rows: BadRows) -> None:
        csv.field_size_limit(MAX_FIELD_BYTES)
        self._buffer = buffer
        self._bad_rows = bad_rows
        self._separator = separator
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._reader = self._new_reader()
        self._has_nul = False
        self._is_ended = False
        self._stray_rows: list[int] = []
        self._stray_count = 0

    @property
    def has_lines_again(self) -> bool:
        """Return whether lines wait that come before the front of the buffer."""
        return bool(self._again)

    def header(self, coordinates: tuple[str, str]) -> Cells:
        """Consume and return the first record that is not blank, empty at the end of the text.

        Only its first line if a stray quote swallows more and that line names the columns of the coordinates. Raises
        TaskFailure source.encoding for NUL characters, source.format for a field that never ends.
        """
        cells, problem = self._read()
        while cells == [] and problem is None:
            self._record.clear()
            cells, problem = self._read()
        cells = cells or []
        if len(self._record) > 1 and {*coordinates} <= {*loose_cells(self._record[0], self._separator)}:
            cells = self._first_line()
        elif problem is not None:
            raise TaskFailure("source.format", f"the header is not valid CSV: {problem}") from problem
        if self._has_nul:
            text = "the header has NUL characters, as in UTF-16 without a byte order mark; set `conform.encoding`"
            raise TaskFailure("source.encoding", text)
        return cells

    def first_cells(self, ahead: int) -> Cells:
        """Return the first record that is not blank, within `ahead` bytes, without consuming it."""
        lines = io.StringIO(self._buffer.peek(ahead).decode(), newline="")
        try:
            return next((cells for cells in csv.reader(lines, delimiter=self._separator) if cells), [])
        except csv.Error as error:
            raise TaskFailure("source.format", f"row 1 is not valid CSV: {error}") from error

    def next_row_numbers(self, count: int) -> np.ndarray:
        """Return the row numbers of the next `count` records, which another parser has read."""
        first = self._bad_rows.rows_read
        self._bad_rows.rows_read += count
        return np.arange(first, first + count)

    def rows(self, size: int, shape: RecordShape) -> tuple[list[Cells], list[int]]:
        """Consume the records that start in the next `size` bytes; return the usable ones and their row numbers.

        Blank lines do not count as rows. A row with more cells than columns is left out unless the surplus is empty; a
        short one gets empty cells. Raises TaskFailure source.format for a field that never ends.
        """
        usable, numbers, width = [], [], shape.width
        end = self._buffer.consumed + size
        while (self._again or self._buffer.consumed < end) and (cells := self._next(shape)) is not None:
            if not cells:
                continue
            row = self._bad_rows.rows_read
            self._bad_rows.rows_read += 1
            cells = without_surplus(cells, width)
            if len(cells) > width:
                self._bad_rows.note("more cells than columns", [row], [f"{len(cells)} cells"])
                continue
            usable.append(self._without_nul(cells, row) + [""] * (width - len(cells)))
            numbers.append(row)
        return usable, numbers

    def warn(self) -> None:
        """Add a warning to the report if stray quotes were read as part of the text."""
        if self._stray_count:
            rows = ", ".join(f"{row + 1:,}" for row in self._stray_rows)
            more = ", …" if self._stray_count > len(self._stray_rows) else ""
            subject = "1 quote is" if self._stray_count == 1 else f"{self._stray_count:,} quotes are"
            text = f"{subject} not closed in the line, and the lines after look like rows: read as text"
            self._bad_rows.warn(f"{text} (row {rows}{more})")

    def _new_reader(self) -> Iterator[Cells]:
        return csv.reader(self._lines(), delimiter=self._separator)

    def _next(self, shape: RecordShape) -> Cells | None:
        """Return the next record, None at the end of the text."""
        self._record.clear()
        cells, problem = self._read()
        if cells is None:
            return None
        if len(self._record) > 1 and shape.swallows_records(self._record, cells):
            return self._first_line()
        if problem is not None:
            raise TaskFailure("source.format", f"row {self._row()} is not valid CSV: {problem}") from problem
        if self._is_ended and not self._again:
            self._note_unclosed()
        return shape.repair(self._record[0], cells) if len(self._record) == 1 else cells

    def _read(self) -> tuple[Cells | None, csv.Error | None]:
        """Return the next record of the csv module, None at the end of the text, and its error."""
        try:
            return next(self._reader, None), None
        except csv.Error as error:
            return [], error

    def _first_line(self) -> Cells:
        """Return the record of the line whose quote swallowed others, and put these back to be read again."""
        self._again.extendleft(reversed(self._record[1:]))
        self._reader = self._new_reader()
        self._is_ended = False
        self._stray_count += 1
        if len(self._stray_rows) < _EXAMPLES:
            self._stray_rows.append(self._bad_rows.rows_read)
        return loose_cells(self._record[0], self._separator)

    def _note_unclosed(self) -> None:
        """Refuse a quoted field that is still open at the end of the text, unless it spans only one line.

        Such a field contains everything after its quote.
        """
        if len(self._record) > 1:
            text = f"row {self._row()} opens a quote that is never closed and swallows {len(self._record):,} lines"
            raise TaskFailure("source.format", text)
        self._bad_rows.note("a quote that is not closed", [self._bad_rows.rows_read])

    def _row(self) -> str:
        return f"{self._bad_rows.rows_read + 1:,}"

    def _lines(self) -> Iterator[str]:
        while line := self._again.popleft() if self._again else self._buffer.line().decode():
            self._record.append(line)
            self._has_nul = self._has_nul or "\0" in line
            yield line
        self._is_ended = True

    def _without_nul(self, cells: Cells, row: int) -> Cells:
        if not self._has_nul:
            return cells
        self._has_nul = False
        self._bad_rows.note("NUL characters, as in UTF-16 text", [row], code="source.encoding")
        return [cell.replace("\0", "") for cell in cells]
