"""Cells of fixed width, as tables of dBASE have them: arrays of bytes with a row for each cell."""

import numpy as np
import polars as pl
import pyarrow as pa

_SPACE = ord(" ")
_ASCII_END = 0x80
# The first byte of a character of two, three and four bytes, and the byte after the last one, in UTF-8.
_LEADS = (0xC2, 0xE0, 0xF0, 0xF5)
_CONTINUATION, _CONTINUATION_BITS = 0x80, 0xC0
_MAX_CONTINUATIONS = 3


def text_bounds(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the start and the end of the text in each cell: up to the first NUL, without the spaces around it."""
    width = cells.shape[1]
    ends = np.full(len(cells), width)
    if not cells.all():
        is_nul = cells == 0
        ends = np.where(is_nul.any(axis=1), is_nul.argmax(axis=1), width)
    is_text = cells != _SPACE
    if (ends < width).any():
        is_text &= np.arange(width) < ends[:, None]
    has_text = is_text.any(axis=1)
    starts = np.where(has_text, is_text.argmax(axis=1), 0)
    last = width - is_text[:, ::-1].argmax(axis=1)
    return starts, np.where(has_text, last, 0)


def plain_texts(cells: np.ndarray) -> pl.Series | None:
    """Return the text of each cell, without the spaces around it, None if a cell has a NUL or is not UTF-8."""
    width = cells.shape[1]
    array = _array(len(cells), np.arange(len(cells) + 1, dtype=np.int64) * width, cells)
    if not cells.all():
        return None
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return _series(array).str.strip_chars(" ")


def texts(cells: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> pl.Series:
    """Return the text of each cell as it is in the bytes, which must be UTF-8."""
    offsets = np.zeros(len(cells) + 1, dtype=np.int64)
    np.cumsum(ends - starts, out=offsets[1:])
    places = np.arange(cells.shape[1])
    body = cells[(places >= starts[:, None]) & (places < ends[:, None])]
    return _series(_array(len(cells), offsets, body))


def values(cells: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> list[bytes]:
    """Return the bytes of the text in each cell."""
    return [cell.tobytes()[start:end] for cell, start, end in zip(cells, starts.tolist(), ends.tolist(), strict=True)]


def has_letters_beyond_ascii(cells: np.ndarray) -> np.ndarray:
    """Return which cells have a byte beyond ASCII."""
    flags: np.ndarray = np.any(cells >= _ASCII_END, axis=1)
    return flags


def is_utf8(cells: np.ndarray) -> np.ndarray:
    """Return which cells are UTF-8, but for a few byte sequences that no writer produces, such as surrogates."""
    two, three, four, end = _LEADS
    padded = np.zeros((len(cells), cells.shape[1] + _MAX_CONTINUATIONS), dtype=np.uint8)
    padded[:, : cells.shape[1]] = cells
    is_continuation: np.ndarray = np.equal(padded & _CONTINUATION_BITS, _CONTINUATION)
    is_expected = np.zeros_like(is_continuation)
    for distance, lead in enumerate((two, three, four), start=1):
        is_expected[:, distance:] |= ((padded >= lead) & (padded < end))[:, :-distance]
    is_valid = np.equal(is_continuation, is_expected)
    is_valid &= (padded < _CONTINUATION_BITS) | ((padded >= two) & (padded < end))
    flags: np.ndarray = is_valid.all(axis=1)
    return flags


def _array(count: int, offsets: np.ndarray, body: np.ndarray) -> pa.Array:
    """Return a column of texts from their places in bytes."""
    return pa.Array.from_buffers(pa.large_string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(body)])


def _series(array: pa.Array) -> pl.Series:
    series = pl.from_arrow(array)
    if not isinstance(series, pl.Series):
        raise TypeError("expected one column")
    return series
