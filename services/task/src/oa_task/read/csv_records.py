"""CSV records as Python's csv module reads them, one after the other."""

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
    """The records of a text buffer; what is taken of the buffer ends at a record."""

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
        """Take the first record that is not blank; nothing where there is none. Raises TaskFailure source.encoding."""
        cells = next((cells for cells in self._reader if cells), [])
        if self._has_nul:
            text = "the header has NUL characters, as UTF-16 without its mark has; set `conform.encoding`"
            raise TaskFailure("source.encoding", text)
        return cells

    def first_width(self, ahead: int) -> int:
        """Return the number of cells of the first record, which stays; `ahead` bytes are looked at."""
        lines = io.StringIO(self._buffer.peek(ahead).decode(), newline="")
        return len(next((cells for cells in csv.reader(lines, delimiter=self._separator) if cells), []))

    def number(self, count: int) -> np.ndarray:
        """Return the row numbers of the next records, which another parser has read."""
        first = self._bad_rows.rows_read
        self._bad_rows.rows_read += count
        return np.arange(first, first + count)

    def rows(self, size: int, width: int) -> tuple[list[Cells], list[int]]:
        """Take the records that begin in the next `size` bytes; return those that can be used, and their rows.

        Blank lines are no rows. Rows with more than `width` cells are left out, short ones filled up.
        Raises TaskFailure source.format for a field without end.
        """
        kept, numbers = [], []
        end = self._buffer.taken + size
        while self._buffer.taken < end and (cells := self._next()) is not None:
            if not cells:
                continue
            row = self._bad_rows.rows_read
            self._bad_rows.rows_read += 1
            if len(cells) > width:
                self._bad_rows.note("more cells than columns", [row], [f"{len(cells)} cells"])
                continue
            kept.append(self._without_nul(cells, row) + [""] * (width - len(cells)))
            numbers.append(row)
        return kept, numbers

    def _next(self) -> Cells | None:
        self._line_count = 0
        try:
            cells = next(self._reader, None)
        except csv.Error as error:
            raise TaskFailure("source.format", f"row {self._row()} is not CSV: {error}") from error
        if self._is_ended and cells is not None:
            self._note_unclosed()
        return cells

    def _note_unclosed(self) -> None:
        """Refuse text that ended in a quoted field, which holds all that followed the quote, unless it is one line."""
        if self._line_count > 1:
            text = f"row {self._row()} opens a quote that is never closed; {self._line_count:,} lines are lost in it"
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
