"""Stray quotes in CSV: a quote that opens a field and is not closed in its line swallows the rows after it.

A field over many lines is such a quote if the lines look like records: as many cells as the header, and numbers, or
nothing, where the coordinates belong.
"""

import csv
import re
from dataclasses import dataclass

Cells = list[str]


@dataclass(frozen=True, slots=True)
class RecordShape:
    """What a record of a file looks like: its number of cells, its separator, the positions of x and y."""

    width: int
    separator: str
    coordinates: tuple[int, ...] = ()

    def is_record(self, line: str) -> bool:
        """Return whether a line on its own has the cells of a record."""
        return self._are_sound(loose_cells(line, self.separator))

    def swallows_records(self, lines: list[str], cells: Cells) -> bool:
        """Return whether the lines of one record, whose quoted fields are over many lines, are separate records.

        Most of them must look like records; one if all of them together look like none, or quotes are out of place.
        """
        filled = [line for line in lines if line.strip()]
        if len(filled) < 2 or not self.coordinates:  # noqa: PLR2004 - a field over several lines
            return False
        if not self._are_sound(cells) or not self._has_strict_quotes(lines):
            return any(map(self.is_record, filled))
        records = sum(map(self.is_record, filled))
        return records >= 2 and 2 * records >= len(filled)  # noqa: PLR2004 - one line may be a coincidence

    def repair(self, line: str, cells: Cells) -> Cells:
        """Return the right number of cells of a line that has too many, if another reading of its quotes has it."""
        if len(cells) <= self.width or '"' not in line:
            return cells
        escaped = next(csv.reader([line], delimiter=self.separator, escapechar="\\", doublequote=True), cells)
        for other in (loose_cells(line, self.separator), escaped):
            if len(without_surplus(other, self.width)) == self.width:
                return other
        return cells

    def _has_strict_quotes(self, lines: list[str]) -> bool:
        try:
            list(csv.reader(lines, delimiter=self.separator, strict=True))
        except csv.Error:
            return False
        return True

    def _are_sound(self, cells: Cells) -> bool:
        """Return whether cells are as many as the columns, with numbers or nothing as coordinates."""
        cells = without_surplus(cells, self.width)
        return len(cells) == self.width > 1 and all(_is_number(cells[index]) for index in self.coordinates)


def loose_cells(line: str, separator: str) -> Cells:
    """Return the cells of one line, where only quotes around an entire cell are quotes; a lone first one is dropped."""
    sep = re.escape(separator)
    pattern = re.compile(rf'"((?:[^"]|"")*+)"(?={sep}|$)|([^{sep}]*)')
    body, position = line.rstrip("\r\n"), 0
    cells: Cells = []
    while True:
        match = pattern.match(body, position)
        if match is None:
            return cells
        quoted, plain = match[1], match[2]
        cells.append(quoted.replace('""', '"') if quoted is not None else plain.removeprefix('"'))
        position = match.end() + 1
        if position > len(body):
            return cells


def without_surplus(cells: Cells, width: int) -> Cells:
    """Return a record without empty cells beyond the last column: a separator after the last cell opens one."""
    return cells if len(cells) <= width or any(cells[width:]) else cells[:width]


def _is_number(cell: str) -> bool:
    """Return whether a cell of a coordinate is a number, or empty."""
    try:
        return not cell.strip() or float(cell.replace(",", ".")) is not None
    except ValueError:
        return False
