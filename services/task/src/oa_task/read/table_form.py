"""The form of a text table: its separator, the line of its column names, and the names."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_SEPARATORS = (",", ";", "\t", "|")
_LINES = 200
_LEAST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class TableForm:
    """`header_line` counts from 1; None means that the table has no line of names, which then are COLUMN1 and so on."""

    separator: str
    header_line: int | None
    names: tuple[str, ...]


def recognize_table(lines: Sequence[str]) -> TableForm | None:
    """Return the form of a table by its first lines, None for text that is not a table of two columns or more."""
    forms = [(form, share) for separator in _SEPARATORS for form, share in _try_separator(lines[:_LINES], separator)]
    best = max(forms, key=lambda pair: (pair[1] >= _LEAST_SHARE, len(pair[0].names)), default=None)
    return best[0] if best and best[1] >= _LEAST_SHARE else None


def name_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names that the reader gives to columns without a line of names."""
    return tuple(f"COLUMN{number}" for number in range(1, len(cells) + 1))


def is_header(cells: Sequence[str]) -> bool:
    """Return whether cells look like names of columns: most are filled, and none is a number."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) * 2 > len(cells) and not any(map(_is_number, filled))


def _try_separator(lines: Sequence[str], separator: str) -> list[tuple[TableForm, float]]:
    """Return the form by one separator and the share of lines that have its number of cells, if there is one."""
    try:
        rows = [(number, cells) for number, cells in enumerate(_parse(lines, separator), 1) if cells]
    except csv.Error:
        return []
    widths = Counter(len(cells) for _, cells in rows if len(cells) > 1)
    if not widths:
        return []
    width = max(widths, key=lambda value: (widths[value], value))
    number, first = next((number, cells) for number, cells in rows if len(cells) == width)
    share = widths[width] / len(rows)
    if not is_header(first):
        return [(TableForm(separator, None, name_columns(first)), share)]
    return [(TableForm(separator, number, tuple(cell.strip() for cell in first)), share)]


def _parse(lines: Sequence[str], separator: str) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=separator))


def _is_number(text: str) -> bool:
    try:
        float(text.strip().replace(",", "."))
    except ValueError:
        return False
    return True
