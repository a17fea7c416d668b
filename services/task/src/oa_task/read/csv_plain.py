"""Blocks of CSV that a fast parser reads exactly as Python's csv module does."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

# A column after the last one holds this mark in every row that is neither short nor long.
_MARK = b"\x01"
_QUOTE = ord('"')
_LINE_FEEDS = re.compile(rb"\n{2,}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a CSV file, those that are wanted by place, and the separator."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    separator: str

    @property
    def wanted(self) -> list[str]:
        """Return the names of the wanted columns."""
        return [self.names[place] for place in self.places]


def whole_records(block: bytes) -> bytes:
    """Return the front of a block of lines that ends where no quoted field is open, if quotes stand as they should."""
    if block.count(b'"') % 2 == 0:
        return block
    return block[: block.rfind(b"\n", 0, block.rfind(b'"')) + 1]


def parse_plain(block: bytes, layout: Layout) -> pl.DataFrame | None:
    """Return the wanted columns of a block of whole records, or None where the exact parser must decide.

    It must where a row is short or long, a quote stands inside an unquoted field, or control characters occur.
    """
    separator = layout.separator.encode()
    is_odd = len(separator) != 1 or len(layout.names) == 1  # in one column a blank line looks like an empty cell
    if is_odd or b"\0" in block or _MARK in block or not _has_plain_quotes(block, separator[0]):
        return None
    lines = _without_blank_lines(block)
    end = separator + _MARK + b"\n"
    frame = _parsed(lines.replace(b"\n", end), layout)
    if frame is None or not (frame.to_series(-1) == _MARK.decode()).all():
        return None
    frame = frame[:, :-1]
    if frame.height < lines.count(b"\n"):
        frame = frame.select(pl.all().str.replace_all(end.decode(), "\n", literal=True))
    frame.columns = layout.wanted
    return frame


def _parsed(marked: bytes, layout: Layout) -> pl.DataFrame | None:
    width = len(layout.names)
    try:
        return pl.read_csv(
            marked,
            has_header=False,
            schema={str(place): pl.String for place in range(width + 1)},
            columns=[*layout.places, width],
            separator=layout.separator,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None


def _without_blank_lines(block: bytes) -> bytes:
    """Return a block that ends in a line feed; its blank lines are gone where no quoted field can hold them."""
    if not block.endswith(b"\n"):
        block += b"\n"
    if b'"' in block or not (block.startswith(b"\n") or b"\n\n" in block):
        return block
    return _LINE_FEEDS.sub(b"\n", block).lstrip(b"\n")


def _has_plain_quotes(block: bytes, separator: int) -> bool:
    """Tell whether each quote opens or closes a whole field, or is doubled in one."""
    if b'"' not in block:
        return True
    text = np.frombuffer(b"\n" + block + b"\n", dtype=np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    if len(quotes) % 2:
        return False
    beside = np.concatenate((text[quotes[::2] - 1], text[quotes[1::2] + 1]))
    return bool(np.isin(beside, (separator, ord("\n"), _QUOTE)).all())
