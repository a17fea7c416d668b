"""CSV records as Python's csv module reads them, one at a time."""

import csv
import io
from collections.abc import Iterator

import numpy as np

from oa_task.features.bad_rows import BadRows
from oa_task.read.text_buffer import TextBuffer
from oa_task.runtime.failure import TaskFailure

MAX_FIELD_BYTES = 10 * 1024 * 1024
Cells = list[str]


class CsvRecords:
    """The records of a text buffer; the consumed part of the buffer always ends at the end of a record."""

    def __init__(self, buffer: TextBuffer, *, separator: str, bad_rows: BadRows) -> None:
        csv.field_size_limit(MAX_FIELD_BYTES)
        self._buffer = buffer
        self._bad_rows = bad_rows
        self._separator = separator
        self._reader = csv.reader(self._lines(), delimiter=separator)
        self._line_count = 0
        self._has_nul = False
        self._is_ended = False

    def header(self) -> Cells:
        """Consume and return the first record that is not blank, empty at the end of the text.

        Raises TaskFailure source.encoding for NUL characters.
        """
        cells = next((cells for cells in self._reader if cells), [])
        if self._has_nul:
            text = "the header has NUL characters, as in UTF-16 without a byte order mark; set `conform.encoding`"
            raise TaskFailure("source.encoding", text)
        return cells

    def first_width(self, ahead: int) -> int:
        """Return the number of cells of the first record, within `ahead` bytes, without consuming it."""
        lines = io.StringIO(self._buffer.peek(ahead).decode(), newline="")
        return len(next((cells for cells in csv.reader(lines, delimiter=self._separator) if cells), []))

    def next_row_numbers(self, count: int) -> np.ndarray:
        """Return the row numbers of the next `count` records, which another parser has read."""
        first = self._bad_rows.rows_read
        self._bad_rows.rows_read += count
        return np.arange(first, first + count)

    def rows(self, size: int, width: int) -> tuple[list[Cells], list[int]]:
        """Consume the records that start in the next `size` bytes; return the usable ones and their row numbers.

        Blank lines do not count as rows. A row with more than `width` cells is left out; a short one gets empty cells.
        Raises TaskFailure source.format for a field that never ends.
        """
        usable, numbers = [], []
        end = self._buffer.consumed + size
        while self._buffer.consumed < end and (cells := self._next()) is not None:
            if not cells:
                continue
            row = self._bad_rows.rows_read
            self._bad_rows.rows_read += 1
            if len(cells) > width:
                self._bad_rows.note("more cells than columns", [row], [f"{len(cells)} cells"])
                continue
            usable.append(self._without_nul(cells, row) + [""] * (width - len(cells)))
            numbers.append(row)
        return usable, numbers

    def _next(self) -> Cells | None:
        self._line_count = 0
        try:
            cells = next(self._reader, None)
        except csv.Error as error:
            raise TaskFailure("source.format", f"row {self._row()} is not valid CSV: {error}") from error
        if self._is_ended and cells is not None:
            self._note_unclosed()
        return cells

    def _note_unclosed(self) -> None:
        """Refuse a quoted field that is still open at the end of the text, unless it spans only one line.

        Such a field contains everything after its quote.
        """
        if self._line_count > 1:
            text = f"row {self._row()} opens a quote that is never closed and swallows {self._line_count:,} lines"
            raise TaskFailure("source.format", text)
        self._bad_rows.note("a quote that is not closed", [self._bad_rows.rows_read])

    def _row(self) -> str:
        return f"{self._bad_rows.rows_read + 1:,}"

    def _lines(self) -> Iterator[str]:
        while line := self._buffer.line():
            self._line_count += 1
            self._has_nul = self._has_nul or b"\0" in line
            yield line.decode()
        self._is_ended = True

    def _without_nul(self, cells: Cells, row: int) -> Cells:
        if not self._has_nul:
            return cells
        self._has_nul = False
        self._bad_rows.note("NUL characters, as in UTF-16 text", [row], code="source.encoding")
        return [cell.replace("\0", "") for cell in cells]
