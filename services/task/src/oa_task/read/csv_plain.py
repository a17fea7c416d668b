"""A fast parser for the blocks of CSV that it reads exactly as Python's csv module does."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

# Each line gets this mark as one more cell: a short or long row then has something else in that column.
_MARK = b"\x01"
_QUOTE = ord('"')
_LINE_FEEDS = re.compile(rb"\n{2,}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a CSV file, the indexes of the selected ones and of x and y, and the separator.

    `surplus` is the number of cells that each row has beyond the last column, all of them empty.
    """

    names: tuple[str, ...]
    selected: tuple[int, ...]
    separator: str
    coordinates: tuple[int, ...] = ()
    surplus: int = 0

    @property
    def selected_names(self) -> list[str]:
        """Return the names of the selected columns."""
        return [self.names[index] for index in self.selected]


def whole_records(block: bytes) -> bytes:
    """Return the front of a block of lines, cut where no quoted field is open, provided that quotes are well-formed."""
    if block.count(b'"') % 2 == 0:
        return block
    return block[: block.rfind(b"\n", 0, block.rfind(b'"')) + 1]


def parse_plain(block: bytes, layout: Layout) -> pl.DataFrame | None:
    """Return the selected columns of a block of whole records, or None if only the csv module reads the block exactly.

    That is so for short or long rows, quotes inside an unquoted field or around entire lines, and control characters.
    """
    separator = layout.separator.encode()
    # with one column a blank line looks like an empty cell
    is_ambiguous = len(separator) != 1 or len(layout.names) == 1
    if is_ambiguous or b"\0" in block or _MARK in block or not _has_plain_quotes(block, separator[0]):
        return None
    lines = _without_blank_lines(block)
    end = separator + _MARK + b"\n"
    frame = _parse(lines.replace(b"\n", end), layout)
    if frame is None or not _ends_as_expected(frame, layout.surplus):
        return None
    frame = frame[:, : -1 - layout.surplus]
    if frame.height < lines.count(b"\n"):
        if _may_swallow_records(block, layout):
            return None
        frame = frame.select(pl.all().str.replace_all(end.decode(), "\n", literal=True))
    frame.columns = layout.selected_names
    return frame


def _parse(marked: bytes, layout: Layout) -> pl.DataFrame | None:
    width = len(layout.names) + layout.surplus
    try:
        return pl.read_csv(
            marked,
            has_header=False,
            schema={str(index): pl.String for index in range(width + 1)},
            columns=[*layout.selected, *range(len(layout.names), width + 1)],
            separator=layout.separator,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None


def _ends_as_expected(frame: pl.DataFrame, surplus: int) -> bool:
    """Return whether each row has the mark in its last column and nothing in the surplus ones."""
    marks, empty = frame.to_series(-1), frame[:, frame.width - 1 - surplus : -1]
    return bool((marks == _MARK.decode()).all()) and all((column == "").all() for column in empty.iter_columns())


def _may_swallow_records(block: bytes, layout: Layout) -> bool:
    """Return whether a quoted field has at least half as many separators for each line end as a record has.

    Such a field may be two stray quotes with rows between them, some of them short.
    """
    text = np.frombuffer(block, dtype=np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    opens, closes = quotes[::2], quotes[1::2]
    is_next_field = np.concatenate(([True], opens[1:] != closes[:-1] + 1))  # otherwise a doubled quote inside a field
    starts, ends = opens[is_next_field], closes[np.concatenate((is_next_field[1:], [True]))]
    line_ends = _count_between(text == ord("\n"), starts, ends)
    separators = _count_between(text == ord(layout.separator), starts, ends)
    per_line = len(layout.names) + layout.surplus - 1
    return bool(((line_ends > 0) & (2 * separators >= per_line * line_ends)).any())


def _count_between(is_counted: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return how many positions are counted between each start and end."""
    places = np.flatnonzero(is_counted)
    return np.searchsorted(places, ends) - np.searchsorted(places, starts)


def _without_blank_lines(block: bytes) -> bytes:
    """Return a block that ends in a line feed, without blank lines unless they may be part of a quoted field."""
    if not block.endswith(b"\n"):
        block += b"\n"
    if b'"' in block or not (block.startswith(b"\n") or b"\n\n" in block):
        return block
    return _LINE_FEEDS.sub(b"\n", block).lstrip(b"\n")


def _has_plain_quotes(block: bytes, separator: int) -> bool:
    """Return whether each quote opens or closes a whole field, or is doubled inside one."""
    if b'"' not in block:
        return True
    text = np.frombuffer(b"\n" + block + b"\n", dtype=np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    if len(quotes) % 2:
        return False
    neighbors = np.concatenate((text[quotes[::2] - 1], text[quotes[1::2] + 1]))
    return bool(np.isin(neighbors, (separator, ord("\n"), _QUOTE)).all())
